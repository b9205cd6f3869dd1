"""What the commands about orders of tests tell a person; made from the same JSON that `--json` prints."""

from collections.abc import Mapping
from typing import Any

from domain_ft.amounts import counted, time_taken
from domain_ft.console import say, show_notes, show_table
from domain_ft.safe_text import brief

Report = Mapping[str, Any]
_SHOWN, _REASON = 25, 240
_METRICS = ("apfd", "map", "first_failure_rank", "recall_at_time_20")


def show_prioritization(report: Report) -> None:
    """The orders with their figures, the pairs that were compared, and what `rank` uses."""
    rows = []
    for name, values in report["arms"].items():
        rows.append([name, *(f"{values[metric]['mean']:.3f}" if metric in values else "–" for metric in _METRICS)])
    show_table("prioritization", ["order", *(metric.replace("_", " ") for metric in _METRICS)], rows)
    show_table(
        "differences",
        ["order", "against", "metric", "mean", "low", "high", "p (Holm)", "A12", "verdict"],
        [
            [row["order"], row["reference"], row["metric"], *_figures(row), row["verdict"]]
            for row in report["differences"]
            if row["metric"] in (report["primary_metric"], "map")
        ],
    )
    builds = report["builds"]
    judged = counted(builds["judged"], "builds")
    say(f"{judged} judged of {builds['test']:,} in the test split; {report['faults']['meaning']}")
    for finding in report["findings"]:
        say(f"- {finding}")
    if report["learned"]["left_out"]:
        say(f"nothing was learned: {report['learned']['left_out']}")
    say(f"report: {report['report']}")
    show_notes(report)


def _figures(row: Report) -> list[str]:
    values = (row["mean"], row["low"], row["high"], row["p_holm"], row["a12"])
    return ["–" if value is None else f"{value:.3f}" for value in values]


def show_ranking(report: Report) -> None:
    """The first tests, how many are to run, and which order that is and why."""
    results = report["results"]
    if not results:
        say("there are no tests to rank")
        return
    rows = [
        [test["rank"], _called(test), f"{test['score']:.4f}", _seconds(test["expected_s"]), _why(test)]
        for test in results[:_SHOWN]
    ]
    title = f"ranked by {report['order']}" if report["fallback"] is None else "not ranked"
    show_table(title, ["rank", "test", "score", "expected", "because"], rows)
    if len(results) > _SHOWN:
        say(f"and {len(results) - _SHOWN:,} more (--json lists them)")
    takes = "" if report["expected_s"] is None else f", about {time_taken(report['expected_s'])}{_guessed(report)}"
    say(f"run {report['chosen']:,} of {len(results):,}{takes}")
    if report["fallback"] is None and report["why"] not in report["notes"]:
        say(f"why this order: {report['why']}")
    show_notes(report)


def _called(test: Report) -> str:
    """The id and, where that says something else, the text."""
    same = test["text"] == test["test"]
    return str(test["test"]) if same else f"{test['test']}: {brief(' '.join(test['text'].split()), 80)}"


def _why(test: Report) -> str:
    return brief(("must run; " if test["must_run"] else "") + test["reason"], _REASON)


def _guessed(report: Report) -> str:
    """How many of the durations in a sum are none that the history has."""
    if not report["guessed"]:
        return ""
    are = "is" if report["guessed"] == 1 else "are"
    return f" ({counted(report['guessed'], 'durations')} {are} not known and taken for the mean)"


def _seconds(value: float | None) -> str:
    return "–" if value is None else time_taken(value)
