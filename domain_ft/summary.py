"""What each command tells a person at its end; made from the same JSON that `--json` prints, and from nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain_ft.console import interval, out, plain, say, show_table, shown
from domain_ft.evaluation.metric_names import METRIC_LABELS
from domain_ft.store.home import CHECKOUT, Home

Report = Mapping[str, Any]
MOST_BESIDE = 5
"""Metrics that stand beside the primary one, before a table grows too wide."""
NOT_SHOWN = ("triplet_accuracy", "similarity_relevant", "similarity_unaffected")
"""Metrics of the report that a terminal has no room for."""


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
    _notes(report)


def _audit(report: Report) -> None:
    from domain_ft.requirement_summary import show_findings

    show_findings(dict(report))
    say(f"with examples: {report['markdown']}")


def _train(report: Report) -> None:
    done = "was published already" if report["reused"] else f"{report['steps']:,} steps in {report['seconds']:.0f} s"
    say(f"model {report['version']}: {done}, {report['examples_per_second']:.0f} examples per second")
    if report["validation"]:
        before = report["base_validation"] or {}
        rows = [[name, before.get(name), value] for name, value in report["validation"].items()]
        show_table("validation (a sample of it)", ["metric", "base", "trained"], rows)
    for warning in report["warnings"]:
        out.print(plain(f"warning: {warning}", style="yellow"))
    say(f"it lies in {report['path']}")
    _notes(report)


def _benchmark(report: Report) -> None:
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
    _notes(report)


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


def _standing(report: Report) -> None:
    if report.get("reason"):
        say(report["reason"])
    columns = ["version", "aliases", "verdict", "primary_metric", "registered_at"]
    rows = [[_plain(version[column]) for column in columns] for version in report["versions"]]
    show_table("versions in the registry", columns, rows)
    _holders(report)


def _compare(report: Report) -> None:
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
    _notes(report)


def _notes(report: Report) -> None:
    for note in report.get("notes", ()):
        out.print(plain(note, style="yellow"), soft_wrap=True)


def _sweep(report: Report) -> None:
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
    _notes(report)
    if report["mlflow_url"]:
        say(f"all runs in MLflow: {report['mlflow_url']}")


def _swept(row: Report) -> list[Any]:
    return [row["version"], _estimate(row), _estimate(row["difference"]), row["n"]]


def _bases(report: Report) -> None:
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
    _notes(report)
    say(f"report: {report['report']}")


def _export(report: Report) -> None:
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


def _clean(report: Report) -> None:
    if report["removed"]:
        rows = [[gone["kind"], gone["path"], gone["bytes"], gone["why"]] for gone in report["removed"]]
        show_table("would go" if report["dry_run"] else "removed", ["", "folder", "bytes", "why"], rows)
    say(report["sentence"] or "nothing to remove: all that lies there is needed")
    _notes(report)


def _run(report: Report) -> None:
    for stage in ("ingest", "audit", "dataset", "train", "benchmark", "promotion"):
        if stage in report:
            out.rule(stage, align="left")
            show_summary(stage, report[stage])
    out.rule("next", align="left")
    if "train" not in report:
        say(f"1. Read what was found: {report['audit']['markdown']}")
        say(f"2. Learn from what is fit for it: {report['dataset']['path']}")
        say(f"3. See the run and its assets: {_ui_command()}")
        return
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


_SUMMARIES: dict[str, Callable[[Report], None]] = {
    "domains": _domains,
    "sample": _sample,
    "ingest": _ingest,
    "audit": _audit,
    "dataset": _dataset,
    "train": _train,
    "benchmark": _benchmark,
    "promotion": _standing,
    "promote": _standing,
    "rollback": _standing,
    "compare": _compare,
    "bases": _bases,
    "export": _export,
    "clean": _clean,
    "sweep": _sweep,
    "run": _run,
}
