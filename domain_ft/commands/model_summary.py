"""What the commands about models tell a person at their end; made from the same JSON that `--json` prints."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain_ft.console import interval, out, plain, say, show_notes, show_table, shown
from domain_ft.evaluation.metric_names import METRIC_LABELS
from domain_ft.model_folders.demonstration import demonstration_note
from domain_ft.store.publish import is_published, read_manifest

Report = Mapping[str, Any]
MOST_BESIDE = 5
"""Metrics that stand beside the primary one, before a table grows too wide."""
NOT_SHOWN = ("triplet_accuracy", "similarity_relevant", "similarity_unaffected")
"""Metrics of the report that a terminal has no room for."""


def show_training(report: Report) -> None:
    """What a training took, what it gained, and what to look at."""
    done = "was published already" if report["reused"] else f"{report['steps']:,} steps in {report['seconds']:.0f} s"
    say(f"model {report['version']}: {done}, {report['examples_per_second']:.0f} examples per second")
    if report["validation"]:
        before = report["base_validation"] or {}
        rows = [[name, before.get(name), value] for name, value in report["validation"].items()]
        show_table("validation (a sample of it)", ["metric", "base", "trained"], rows)
    if note := _demonstration(Path(report["path"])):
        out.print(plain(note, style="yellow"), soft_wrap=True)
    for warning in report["warnings"]:
        out.print(plain(f"warning: {warning}", style="yellow"))
    say(f"it lies in {report['path']}")
    show_notes(report)


def _demonstration(folder: Path) -> str | None:
    return demonstration_note(read_manifest(folder)) if is_published(folder) else None


def show_benchmark(report: Report) -> None:
    """Every arm with its intervals, the models beside each other, and the verdict."""
    from domain_ft.evaluation.arms import ARMS

    metric = report["primary_metric"]
    measured = report["arms"]["candidate"]
    others = [name for name in METRIC_LABELS if name in measured and name not in (metric, *NOT_SHOWN)]
    arms = [arm for arm in ARMS if arm in report["arms"]]
    first, rest = others[:MOST_BESIDE], others[MOST_BESIDE:]
    means = {arm: [_mean(report["arms"][arm].get(name)) for name in others] for arm in arms}
    show_table(
        f"arms on {report['n']:,} held-out {report['units']} (relevant: {report['relevance']})",
        ["arm", f"{metric} (interval)", *first],
        [[arm, _estimate(report["arms"][arm][metric]), *means[arm][:MOST_BESIDE]] for arm in arms],
    )
    if rest:
        show_table("further metrics", ["arm", *rest], [[arm, *means[arm][MOST_BESIDE:]] for arm in arms])
    slices = report["slices"]
    rows = [[arm, *(_estimate(slices[name].get(arm, {}).get(metric)) for name in slices)] for arm in arms]
    show_table(f"{metric} by slice", ["arm", *slices], rows)
    if report["evaluation_file"]:
        _evaluation_file(report["evaluation_file"], metric, arms)
    _models(report)
    colour = {"WIN": "green", "REGRESSION": "red"}.get(report["verdict"], "yellow")
    out.print(plain(report["headline"], style=f"bold {colour}"), soft_wrap=True)
    say(f"report: {report['report']}")
    show_notes(report)


def _evaluation_file(found: Report, metric: str, arms: Sequence[str]) -> None:
    """The primary metric on what people have judged."""
    rows = [[arm, _estimate(found["arms"][arm].get(metric))] for arm in arms]
    show_table(f"{found['name']}: {found['n']:,} queries judged by people", ["arm", f"{metric} (interval)"], rows)


def _models(report: Report) -> None:
    """General ability, use of the space, and speed of each model."""
    general, speed = (report["general_ability"] or {}).get("arms", {}), report["speed"]
    rows = [
        [
            arm,
            _estimate(general.get(arm, {}).get("accuracy_at_10")),
            _mean(general.get(arm, {}).get("mrr_at_10")),
            space["mean_pairwise_cosine"],
            f"{space['effective_rank']:.0f} of {space['dimension']}",
            f"{speed[arm]['median_ms']:.1f} ({speed[arm]['p95_ms']:.1f})" if arm in speed else None,
            f"{speed[arm]['texts_per_second']:,.0f}" if arm in speed else None,
        ]
        for arm, space in report["collapse"]["arms"].items()
    ]
    columns = [
        "model",
        "everyday accuracy@10",
        "everyday MRR@10",
        "mean cosine",
        "effective rank",
        "query ms (95 %)",
        "texts/s",
    ]
    show_table("the models", columns, rows)
    if report["gates"]:
        rows = [[gate["gate"], gate["value"], "passed" if gate["passed"] else "failed"] for gate in report["gates"]]
        show_table("success gates (no part of the verdict)", ["gate", "candidate", ""], rows)


def show_standing(report: Report) -> None:
    """Who stands where in the registry, and why."""
    if report.get("reason"):
        say(report["reason"])
    columns = ["version", "aliases", "verdict", "primary_metric", "registered_at"]
    rows = [[_plain(version[column]) for column in columns] for version in report["versions"]]
    show_table("versions in the registry", columns, rows)
    _holders(report)


def show_comparison(report: Report) -> None:
    """The versions, a table for those that may be compared."""
    by_name = {row["version"]: row for row in report["versions"]}
    for group in report["groups"]:
        metric = group["primary_metric"]
        columns = ["version", "aliases", f"{metric} [interval]", "difference [interval]", "to", "verdict", "folder"]
        title = f"benchmarked alike ({group['comparison_digest']}), dataset {', '.join(group['dataset_digests'])}"
        show_table(title, columns, [_compared(by_name[version]) for version in group["versions"]])
    if len(report["groups"]) > 1:
        say("Figures of different tables were measured on different data or metrics: they say nothing of each other.")
    others = [row for row in report["versions"] if not row["comparison_digest"]]
    if others:
        rows = [[row["version"], _plain(row["aliases"]), row["registered_at"], _folder(row)] for row in others]
        show_table("not benchmarked", ["version", "aliases", "registered_at", "folder"], rows)
    _holders(report)


def _compared(row: Report) -> list[Any]:
    figures = [_estimate(row["score"]), _estimate(row["difference"])]
    return [row["version"], _plain(row["aliases"]), *figures, row["reference"], row["verdict"], _folder(row)]


def _folder(row: Report) -> str:
    return "here" if row["published"] else "gone"


def _holders(report: Report) -> None:
    say(", ".join(f"{alias}: {shown(report[alias])}" for alias in ("champion", "challenger", "previous")))
    show_notes(report)


def show_sweep(report: Report) -> None:
    """Each combination with its score, a table for those that may be compared."""
    rows = report["combinations"]
    varied = [name for name in rows[0]["settings"] if len({row["settings"][name] for row in rows}) > 1]
    judged = [row for row in rows if not row["error"]]
    for digest in dict.fromkeys(row["comparison_digest"] for row in judged):
        members = [row for row in judged if row["comparison_digest"] == digest]
        columns = [*varied, "version", f"{report['primary_metric']} [interval]", "difference to base", "n"]
        table = [[*(row["settings"][name] for name in varied), *_swept(row)] for row in members]
        show_table(f"combinations on the {report['split']} split ({digest})", columns, table)
    for row in rows:
        if row["error"]:
            settings = ", ".join(f"{name}={value}" for name, value in row["settings"].items())
            out.print(plain(f"failed: {settings}: {row['error']}", style="red"), soft_wrap=True)
    show_notes(report)
    if report["mlflow_url"]:
        say(f"all runs in MLflow: {report['mlflow_url']}")


def _swept(row: Report) -> list[Any]:
    return [row["version"], _estimate(row), _estimate(row["difference"]), row["n"]]


def show_bases(report: Report) -> None:
    """The bases ranked, and which of them can be told apart."""
    metric, costs = report["primary_metric"], ("general_ability", "parameters", "median_ms")
    rows = [
        [base["key"], _estimate(base["tuned"][metric]), _mean(base["untuned"][metric]), *(base[name] for name in costs)]
        for base in report["bases"]
    ]
    title = f"base models on {report['n']:,} {report['units']} of the {report['split']} split"
    names = ["base", f"{metric} [interval]", "untuned", "general ability", "parameters", "ms per query"]
    show_table(title, names, rows)
    rows = [
        [f"{row['candidate']} - {row['reference']}", _estimate(row), row["p_holm"], row["verdict"]]
        for row in report["differences"]
    ]
    show_table("differences (p by Holm)", ["", f"{metric} [interval]", "p", "verdict"], rows)
    out.print(plain(report["headline"], style="bold"), soft_wrap=True)
    show_notes(report)
    say(f"report: {report['report']}")


def show_export(report: Report) -> None:
    """What the exported model costs in quality, and what it saves."""
    measured = report["measured"]
    models = measured["models"]
    rows = [
        [row["metric"], *(_estimate(models[role][row["metric"]]) for role in ("original", "exported")), _estimate(row)]
        for row in measured["differences"]
    ]
    title = f"{report['format']} int8 on {measured['n']:,} {measured['units']} of the {measured['split']} split"
    show_table(title, ["metric", "original", "exported", "difference [interval]"], rows)
    for role, speed in measured["speed"].items():
        say(f"{role}: {speed['median_ms']:.1f} ms per query, {speed['texts_per_second']:,.0f} texts per second")
    say(f"{report['bytes'] / 1e6:.1f} MB instead of {report['original_bytes'] / 1e6:.1f} MB: {report['path']}")


def _estimate(estimate: Mapping[str, float] | None) -> str | None:
    return interval(estimate) if estimate else None


def _mean(estimate: Mapping[str, float] | None) -> float | None:
    return estimate["mean"] if estimate else None


def _plain(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list | tuple) else value
