"""What each command tells a person at its end; made from the same JSON that `--json` prints, and from nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from domain_ft.amounts import counted
from domain_ft.commands.adapter_summary import show_comparison_of_answers
from domain_ft.commands.model_summary import (
    show_bases,
    show_benchmark,
    show_comparison,
    show_export,
    show_standing,
    show_sweep,
    show_training,
)
from domain_ft.console import out, plain, say, show_notes, show_table
from domain_ft.store.home import CHECKOUT, Home

Report = Mapping[str, Any]


def show_summary(command: str, report: Report) -> None:
    """Print the summary of a command's report."""
    _SUMMARIES[command](report)


def _domains(report: Report) -> None:
    columns = ["name", "landing", "rows", "new_rows", "trained_at", "model", "verdict", "champion", "owed"]
    rows = [{**domain, "owed": len(domain["owed"])} for domain in report["domains"]]
    titles = [column.replace("_", " ") for column in columns]
    show_table("domains", titles, [[row[column] for column in columns] for row in rows])
    for domain in report["domains"]:
        say(f"{domain['name']}: {domain['says']}")
        for debt in domain["owed"]:
            say(f"{domain['name']}: MLflow is owed the {debt['kind']} of {debt['name']} since {debt['since']}")
            say(f"    {debt['why']}")


def _sample(report: Report) -> None:
    say(f"{report['path']}: {counted(report['rows'], 'rows')}")


def _ingest(report: Report) -> None:
    rows = [
        [file["name"], file["read"], file["accepted"], file["rejected"], file["duplicates"], _remark(file)]
        for file in report["files"]
    ]
    show_table("ingest", ["file", "read", "accepted", "rejected", "duplicates", ""], rows)
    for note in report["notes"]:
        say(note)
    if report["rejected"]:
        say(f"rejected rows with their reasons: {report['quarantine']}")
    if report["warnings"]:
        counts = ", ".join(f"{rule}: {count:,}" for rule, count in report["warnings"].items())
        out.print(plain(f"accepted with a warning: {counts}", style="yellow"), soft_wrap=True)
    say(
        f"{report['kind']} {report['digest']}: "
        + ", ".join(f"{count:,} {name}" for name, count in report["tables"].items())
    )


def _remark(file: Mapping[str, Any]) -> str:
    if file["skipped"]:
        return "known already: nothing added"
    return ", ".join(f"{rule}: {count:,}" for rule, count in (file["rules"] or {}).items())


def _dataset(report: Report) -> None:
    rows = [[row["name"], row["count"], row["why"]] for row in report["funnel"]]
    show_table("from what landed to what is learned from", ["", "count", "why"], rows)
    leaks = sum(report["leakage"].values())
    say(f"dataset {report['digest']}: {_counts(report['counts'])}; leakage between splits: {leaks}")
    show_notes(report)


def _audit(report: Report) -> None:
    from domain_ft.commands.requirement_summary import show_findings

    show_findings(dict(report))
    say(f"with examples: {report['markdown']}")


def _clean(report: Report) -> None:
    if report["removed"]:
        rows = [[gone["kind"], gone["path"], gone["bytes"], gone["why"]] for gone in report["removed"]]
        show_table("would go" if report["dry_run"] else "removed", ["", "folder", "bytes", "why"], rows)
    say(report["sentence"] or "nothing to remove: all that lies there is needed")
    show_notes(report)


def _benchmark(report: Report) -> None:
    (show_comparison_of_answers if report.get("kind") == "adapter_benchmark" else show_benchmark)(report)


def _run(report: Report) -> None:
    for stage in ("ingest", "audit", "dataset", "train", "benchmark", "promotion"):
        if stage in report:
            out.rule(stage, align="left")
            show_summary(stage, report[stage])
    out.rule("next", align="left")
    model, promotion = report["train"]["path"], report["promotion"]
    used = f"{model.rsplit('/', 1)[0]}/champion" if promotion["champion"] else model
    say(f"1. Read the report: {report['benchmark']['report']}")
    say(f"2. Use the model:   {_one_line(report, used)}")
    say(f"3. See the run, its assets and the registry: {_ui_command()}")


def _one_line(report: Report, model: str) -> str:
    if report["benchmark"].get("kind") == "adapter_benchmark":
        return f"its card has the line for PEFT, transformers and Ollama: {model}/README.md"
    return f'SentenceTransformer("{model}")'


def _ui_command() -> str:
    root = Home.from_environment().root
    return "make ui" if root == CHECKOUT else f"DOMAIN_FT_HOME={root} make ui"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in ("train", "validation", "test") if name in counts)


_SUMMARIES: dict[str, Callable[[Report], None]] = {
    "domains": _domains,
    "sample": _sample,
    "ingest": _ingest,
    "audit": _audit,
    "dataset": _dataset,
    "train": show_training,
    "benchmark": _benchmark,
    "promotion": show_standing,
    "promote": show_standing,
    "rollback": show_standing,
    "compare": show_comparison,
    "bases": show_bases,
    "export": show_export,
    "clean": _clean,
    "sweep": show_sweep,
    "run": _run,
}
