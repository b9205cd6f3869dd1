"""What the commands that find passages tell a person; made from the same JSON that `--json` prints."""

from collections.abc import Mapping
from typing import Any

from domain_ft.amounts import counted
from domain_ft.console import say, show_notes, show_table
from domain_ft.safe_text import brief

Report = Mapping[str, Any]
_TEXT = 240
"""Characters of a passage that are shown."""


def show_index(report: Report) -> None:
    """What was indexed, and what each way to search finds on held-out queries."""
    how = f"recall@10 {report['recall_at_10']:.3f} of exact search"
    was = "is there already" if report["reused"] else f"made in {report['seconds']['total']:.1f} s"
    say(
        f"index of {counted(report['passages'], 'passages')} with {report['model']['name']} {was}; {how}; "
        f"hybrid weight {report['vector_weight']:g}"
    )
    if report["judged"]:
        _show_judged(report["judged"])
    say(f"report: {report['report']}")
    show_notes(report)


def _show_judged(judged: Report) -> None:
    metrics = list(next(iter(judged["arms"].values())))
    show_table(
        f"found on {counted(judged['queries'], 'held-out queries')}",
        ["search", *metrics],
        [[name, *(f"{figures[metric]['mean']:.3f}" for metric in metrics)] for name, figures in judged["arms"].items()],
    )
    show_table(
        "differences",
        ["search", "against", "metric", "mean", "low", "high", "verdict"],
        [
            [row["candidate"], row["reference"], row["metric"], *_figures(row), row["verdict"]]
            for row in judged["differences"]
        ],
    )


def _figures(row: Report) -> list[str]:
    return ["–" if row[key] is None else f"{row[key]:+.3f}" for key in ("mean", "low", "high")]


def show_answer(report: Report) -> None:
    """The passages that were found."""
    _show_results(report)
    show_notes(report)


def show_answers(report: Report) -> None:
    """The passages that were found for each of several queries."""
    show_notes(report)
    for answer in report["results"]:
        say(f"? {brief(answer['query'], _TEXT)}")
        _show_results(answer)
        show_notes(answer)


def _show_results(report: Report) -> None:
    rows = [
        [
            found["rank"],
            brief(" · ".join(part for part in (found["passage_id"], found["part"], found["source"]) if part), 120),
            brief(" ".join(found["text"].split()), _TEXT),
            f"{found['score']:.4f}",
            _number(found["cosine"]),
            _number(found["bm25"]),
        ]
        for found in report["results"]
    ]
    if not rows:
        say("nothing found")
        return
    show_table("found", ["rank", "passage", "text", "score", "cosine", "bm25"], rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
