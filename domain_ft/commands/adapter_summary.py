"""What the commands about adapters tell a person at their end; made from the same JSON that `--json` prints."""

from collections.abc import Mapping
from typing import Any

from domain_ft.console import out, plain, say, show_notes, show_table

Report = Mapping[str, Any]
_COLOURS = {"GO": "green", "NO-GO": "red"}


def show_comparison_of_answers(report: Report) -> None:
    """Every arm with its interval, the candidate beside each other arm, and the decision."""
    from domain_ft.evaluation.report.tuned import arm_lines, paired_lines, remarks

    rows = [[line.arm, line.score, line.interval, line.ids, line.valid, line.rate] for line in arm_lines(report)]
    asked = f"answers to {report['n']:,} concepts of the {report['split']} split"
    show_table(asked, ["arm", "score", "interval", "ids", "valid", "tokens"], rows)
    lines = [[line.reference, line.mean, line.interval, line.p_holm, line.counts] for line in paired_lines(report)]
    columns = ["candidate minus", "difference", "interval", "p (Holm)", "better / equal / worse"]
    show_table("the candidate beside each other arm", columns, lines)
    for remark in remarks(report):
        say(remark)
    colour = _COLOURS.get(report["decision"]["outcome"], "yellow")
    out.print(plain(report["headline"], style=f"bold {colour}"), soft_wrap=True)
    say(f"report: {report['report']}")
    show_notes(report)


def show_prompt(report: Report) -> None:
    """What was found, and where it lies."""
    say(report["headline"])
    say(f"{report['trials']:,} prompts were scored; the best one lies in {report['path']}")
    if report["beats_default"]:
        say(f"domain-ft benchmark {report['domain']} compares it with the default one")


def show_export_ollama(report: Report) -> None:
    """Where the package is, and what the server says with it."""
    (found,) = report["results"]
    say(f"{found['version']} for Ollama ({found['way']}): {found['path']}")
    for way, state in found["ways"].items():
        if state != "open":
            say(f"closed: {way}: {state}")
    if found["demonstration"]:
        out.print(plain(found["demonstration"], style="yellow"), soft_wrap=True)
    if found["command"]:
        say(f"with llama.cpp, run first: {found['command']}")
    if found["tag"] is None:
        say(f"make it there: cd {found['path']} && ollama create {found['served']} -f Modelfile")
        return
    say(f"{found['served']} is {found['tag']} now; before: {found['previous'] or 'nothing'}")
    say(f"asked once, it said: {found['answer']}")


def show_served(report: Report) -> None:
    """What the served name stands for now."""
    (found,) = report["results"]
    say(f"{found['served']} is {found['tag']} now")
