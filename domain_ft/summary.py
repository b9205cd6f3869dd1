"""What each command tells a person at its end; made from the same JSON that `--json` prints, and from nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from domain_ft.console import interval, out, plain, show_table, shown
from domain_ft.store.home import CHECKOUT, Home

Report = Mapping[str, Any]
ARM_METRICS = ("map", "mrr_at_10", "recall_at_10", "ndcg_at_10", "apfd", "similarity_gap")


def show_summary(command: str, report: Report) -> None:
    """Print the summary of a command's report."""
    _SUMMARIES[command](report)


def _sample(report: Report) -> None:
    say(f"{report['path']}: {report['rows']:,} rows")


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
    say(f"history {report['digest']}: " + ", ".join(f"{count:,} {name}" for name, count in report["tables"].items()))


def _remark(file: Mapping[str, Any]) -> str:
    if file["skipped"]:
        return "known already: nothing added"
    return ", ".join(f"{rule}: {count:,}" for rule, count in (file["rules"] or {}).items())


def _dataset(report: Report) -> None:
    show_table("from rows to triplets", ["", "count", "why"], [list(row.values()) for row in report["funnel"]])
    leaks = sum(report["leakage"].values())
    say(f"dataset {report['digest']}: {_counts(report['counts'])}; leakage between splits: {leaks}")


def _train(report: Report) -> None:
    done = "was published already" if report["reused"] else f"{report['steps']:,} steps in {report['seconds']:.0f} s"
    say(f"model {report['version']}: {done}, {report['examples_per_second']:.0f} examples per second")
    if report["validation"]:
        before = report["base_validation"] or {}
        rows = [[name, before.get(name), value] for name, value in report["validation"].items()]
        show_table("validation (a sample of its builds)", ["metric", "base", "trained"], rows)
    for warning in report["warnings"]:
        out.print(plain(f"warning: {warning}", style="yellow"))
    say(f"it lies in {report['path']}")


def _benchmark(report: Report) -> None:
    from domain_ft.evaluation.arms import ARMS

    metric = report["primary_metric"]
    others = [name for name in ARM_METRICS if name != metric]
    arms = [arm for arm in ARMS if arm in report["arms"]]
    rows = [
        [arm, _estimate(report["arms"][arm][metric]), *(_mean(report["arms"][arm].get(name)) for name in others)]
        for arm in arms
    ]
    show_table(f"arms on {report['n']:,} held-out builds", ["arm", f"{metric} [interval]", *others], rows)
    slices = report["slices"]
    rows = [[arm, *(_estimate(slices[name].get(arm, {}).get(metric)) for name in slices)] for arm in arms]
    show_table(f"{metric} by slice", ["arm", *slices], rows)
    colour = {"WIN": "green", "REGRESSION": "red"}.get(report["verdict"], "yellow")
    out.print(plain(report["headline"], style=f"bold {colour}"), soft_wrap=True)
    say(f"report: {report['report']}")


def _standing(report: Report) -> None:
    if report.get("reason"):
        say(report["reason"])
    columns = ["version", "aliases", "verdict", "primary_metric", "registered_at"]
    rows = [[_plain(version[column]) for column in columns] for version in report["versions"]]
    show_table("versions in the registry", columns, rows)
    say(", ".join(f"{alias}: {shown(report[alias])}" for alias in ("champion", "challenger", "previous")))


def _run(report: Report) -> None:
    for stage in ("ingest", "dataset", "train", "benchmark", "promotion"):
        out.rule(stage, align="left")
        show_summary(stage, report[stage])
    out.rule("next", align="left")
    model, promotion = report["train"]["path"], report["promotion"]
    used = f"{model.rsplit('/', 1)[0]}/champion" if promotion["champion"] else model
    say(f"1. Read the report: {report['benchmark']['report']}")
    say(f'2. Use the model:   SentenceTransformer("{used}")')
    say(f"3. See the run, its assets and the registry: {_ui_command()}")


def _ui_command() -> str:
    root = Home.from_environment().root
    return "make ui" if root == CHECKOUT else f"DOMAIN_FT_HOME={root} make ui"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in ("train", "validation", "test") if name in counts)


def _estimate(estimate: Mapping[str, float] | None) -> str | None:
    return interval(estimate) if estimate else None


def _mean(estimate: Mapping[str, float] | None) -> float | None:
    return estimate["mean"] if estimate else None


def _plain(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list | tuple) else value


def say(sentence: str) -> None:
    """One line on stdout, as it is."""
    out.print(plain(sentence), soft_wrap=True)


_SUMMARIES: dict[str, Callable[[Report], None]] = {
    "sample": _sample,
    "ingest": _ingest,
    "dataset": _dataset,
    "train": _train,
    "benchmark": _benchmark,
    "promotion": _standing,
    "promote": _standing,
    "rollback": _standing,
    "compare": _standing,
    "run": _run,
}
