"""What the commands about many texts tell a person; made from the same JSON that `--json` prints."""

from collections.abc import Mapping
from typing import Any

from domain_ft.amounts import counted
from domain_ft.console import interval, say, show_notes, show_table
from domain_ft.safe_text import brief

Report = Mapping[str, Any]
_SHOWN, _OF_EACH, _LETTERS = 20, 3, 90


def show_duplicates(report: Report) -> None:
    """The largest groups with some of their texts, and what there is in all."""
    rows = [row for result in report["results"][:_SHOWN] for row in _group_rows(result)]
    if rows:
        show_table("duplicates", ["group", "size", "lowest cosine", "texts"], rows)
    if len(report["results"]) > _SHOWN:
        say(f"and {counted(len(report['results']) - _SHOWN, 'groups')} more (--json or -o lists them)")
    in_groups = counted(report["groups"], "groups")
    say(
        f"{report['texts']}: {report['read']:,} read, {report['distinct']:,} distinct; {report['exact']:,} exact and "
        f"{counted(report['near'], 'near pairs')} (cosine {report['threshold']:g} or more) in {in_groups}"
    )
    if report["chains"]:
        say(
            f"{counted(report['chains'], 'groups')} marked chain: joined by pairs, though some of their texts are "
            "further apart than the threshold"
        )
    if report["other_numbers"]:
        say(
            f"in {report['other_numbers']:,} of the near pairs the numbers differ: worded alike, they may say "
            "different things"
        )
    show_notes(report)


def _group_rows(result: Report) -> list[list[Any]]:
    """A row for each of its first texts; the figures stand in the first one."""
    lowest = f"{result['lowest']:.3f}{' chain' if result['chain'] else ''}"
    shown = [text_line(member) for member in result["members"][:_OF_EACH]]
    more = len(result["members"]) - len(shown)
    lines = [*shown, f"and {more:,} more"] if more else shown
    return [
        [*((str(result["group"]), str(result["size"]), lowest) if not number else ("", "", "")), line]
        for number, line in enumerate(lines)
    ]


def text_line(member: Report) -> str:
    """A text's name and beginning."""
    return f"{member['id']}: {brief(' '.join(member['text'].split()), _LETTERS)}"


def show_clusters(report: Report) -> None:
    """Each cluster with its label and the text nearest its centre."""
    rows = [
        [
            result["id"],
            result["label"],
            result["size"],
            f"{result['share']:.0%}",
            "–" if result["cohesion"] is None else f"{result['cohesion']:.2f}",
            text_line(result["examples"][0]),
        ]
        for result in report["results"]
    ]
    if rows:
        show_table("clusters", ["", "label", "size", "share", "cohesion", "nearest its centre"], rows)
    nowhere, clusters = report["nowhere"], counted(report["clusters"], "clusters")
    say(
        f"{report['texts']}: {report['read']:,} read, {clusters}; "
        f"{nowhere['size']:,} {'belongs' if nowhere['size'] == 1 else 'belong'} nowhere ({nowhere['share']:.0%})"
    )
    agreement = report["agreement"]
    if agreement is not None:
        say(
            f"beside the {agreement['parts']} known parts: V-measure {agreement['v_measure']:.3f}, adjusted Rand index "
            f"{agreement['adjusted_rand']:.3f}"
        )
    if "page" in report:
        say(f"page: {report['page']}")
    show_notes(report)


def show_detector(report: Report) -> None:
    """How well strangers are told from a domain's own queries."""
    rows = [
        [name.replace("_", " "), interval(each["auc"]), f"{each['fpr_at_95_tpr']:.1%}", f"{each['caught']:.1%}"]
        for name, each in report["separations"].items()
    ]
    if rows:
        show_table("strangers", ["from", "AUC", "FPR@95TPR", "caught"], rows)
    say(report["headline"])
    say(f"report: {report['report']}")
    show_notes(report)


def show_strangers(report: Report) -> None:
    """Each query with its score and what that means."""
    rows = [
        [
            "stranger" if result["stranger"] else "own",
            result["score"],
            result["threshold"],
            result["p_value"],
            text_line(result),
        ]
        for result in report["results"]
    ]
    show_table(f"strangers to {report['domain']}", ["", "score", "threshold", "p", "query"], rows)
    say(f"{report['strangers']:,} of {counted(report['asked'], 'queries')} strange to {report['domain']}")
    show_notes(report)
