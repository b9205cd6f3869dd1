"""What `domain-ft survey` tells a person at its end; made from the same JSON that `--json` prints."""

from collections.abc import Mapping
from typing import Any

from domain_ft.amounts import gigabytes
from domain_ft.console import interval, out, plain, say, show_table

Report = Mapping[str, Any]


def show_survey(report: Report) -> None:
    """Print the leaderboard."""
    fronts = {model for front in report["pareto"].values() for model in front}
    rows = [[*_scored(each["model"], each), *_answering(each), each["model"] in fronts] for each in report["results"]]
    rows += [[*_scored(each["arm"], each), *[None] * 5] for each in report["baselines"]]
    of = f"the {report['split']} split" if report["split"] else report["source"]
    columns = ["", "score [interval]", "valid", "legacy", "s per answer", "tokens/s", "memory", "ended", "front"]
    show_table(f"models on {report['n']:,} of {report['of']:,} records of {of}", columns, rows)
    parts = [*((each["model"], each) for each in report["results"]), *((e["arm"], e) for e in report["baselines"])]
    rows = [
        [name.replace("_", " "), *(each["components"][name] for _, each in parts)]
        for name in report["results"][0]["components"]
    ]
    show_table("what the scores are made of", ["", *(name for name, _ in parts)], rows)
    if report["differences"]:
        rows = [
            [f"{row['model']} - {row['reference']}", interval(row), row["p_holm"], row["verdict"]]
            for row in report["differences"]
        ]
        show_table("differences (p by Holm)", ["", "score [interval]", "p", "verdict"], rows)
    colour = "bold" if report["choice"]["model"] else "bold yellow"
    out.print(plain(report["headline"], style=colour), soft_wrap=True)
    for note in _told(report):
        out.print(plain(note, style="yellow"), soft_wrap=True)
    say(f"report: {report['report']}")


def _scored(name: str, each: Report) -> list[Any]:
    valid = f"{100 * each['valid_share']:.0f} %"
    return [name, interval(each["score"]), valid, each["legacy_score"]["mean"]]


def _answering(each: Report) -> list[Any]:
    ends = {**each["done_reasons"], **({"none": each["failures"]} if each["failures"] else {})}
    memory = None if each["memory_bytes"] is None else gigabytes(each["memory_bytes"])
    ended = ", ".join(f"{reason} {count:,}" for reason, count in ends.items())
    return [each["seconds"], each["tokens_per_second"], memory, ended]


def _told(report: Report) -> list[str]:
    reasons = [
        f"{each['model']}: no answer came {count:,} times: {why}"
        for each in report["results"]
        for why, count in each["failure_reasons"].items()
    ]
    return [*report["notes"], *reasons]
