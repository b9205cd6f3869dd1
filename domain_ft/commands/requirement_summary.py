"""What the commands on files of requirement records tell a person at their end; made from the JSON they print."""

from typing import Any

from domain_ft import console
from domain_ft.amounts import counted


def show_written(report: dict[str, Any]) -> None:
    """Where it was written, and how much."""
    console.say(f"{report['path']}: {counted(report['rows'], 'rows')}")


def show_answers(report: dict[str, Any]) -> None:
    """How many concepts have requirements now, and where the reasons of the others are."""
    console.say(f"{report['path']}: {report['rows']:,} of {report['concepts']:,} concepts have requirements")
    if report["failed"]:
        console.say(f"{report['failed']:,} came to none, with the reason in {report['failures']}")
        console.say("hand in that file, with another -o, to ask for those again")


def show_scores(report: dict[str, Any]) -> None:
    """The mean score, whole and by component."""
    rows = [[name, f"{value:.3f}"] for name, value in report["components"].items()]
    console.show_table("score", ["component", "mean"], rows)
    modes = ", ".join(f"{mode} {count:,}" for mode, count in report["modes"].items())
    left_out = report["read"] - report["scored"]
    console.say(f"{report['scored']:,} of {report['read']:,} records scored ({modes})")
    if left_out:
        console.say(f"{left_out:,} left out: no records with a concept; domain-ft audit names them")
    if report["path"]:
        console.say(f"{report['path']}: each record with its score and components")
    console.say(f"score {report['score']:.4f}; by the replaced system's metric {report['legacy_score']:.4f}")


def show_filtered(report: dict[str, Any]) -> None:
    """How many records were kept."""
    below = f", {report['taken_below']:,} of them below the threshold and marked" if report["taken_below"] else ""
    console.say(f"{report['path']}: {report['written']:,} of {report['read']:,} records{below}")


def show_parts(report: dict[str, Any]) -> None:
    """The parts, and what leaks between them."""
    groups, paths = report["groups"], report["paths"]
    rows = [[name, count, groups.get(name), paths[name]] for name, count in report["counts"].items()]
    console.show_table("split", ["part", "records", "families", "file"], rows)
    console.say(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in report["leakage"].items()))


def show_findings(report: dict[str, Any]) -> None:
    """What an audit found, how often, with an example of each."""
    found = {name: value for name, value in report.items() if isinstance(value, dict) and "count" in value}
    rows = [[name.replace("_", " "), each["count"], each["records"], _first(each)] for name, each in found.items()]
    console.show_table("audit", ["", "found", "records", "such as"], rows)
    console.say(f"{report['valid_examples']:,} of {report['total_examples']:,} records have nothing wrong in them")


def _first(finding: dict[str, Any]) -> str:
    for example in finding["examples"]:
        line = f"line {example['line']}"
        place = line if example["id"] == line else f"{example['id']} ({line}) {example['path']}".strip()
        value = "" if example["why"] == "is missing" else f"{example['value']!r} "
        return f"{place}: {value}{example['why']}"
    return ""


def show_fixed(report: dict[str, Any]) -> None:
    """What was repaired, and what could not be."""
    changes = ", ".join(f"{rule} {count:,}" for rule, count in report["changes"].items()) or "none"
    console.say(f"{report['path']}: {report['written']:,} of {report['read']:,} records, {report['changed']:,} changed")
    console.say(f"changes: {changes}" + (f"; each of them in {report['diff']}" if report["changes"] else ""))
    if report["quarantined"]:
        reasons = ", ".join(f"{kind} {count:,}" for kind, count in report["reasons"].items())
        console.say(f"{report['quarantined']:,} could not be repaired ({reasons}): {report['quarantine']}")
