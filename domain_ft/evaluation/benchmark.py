"""The benchmark: every arm on the same held-out builds, and a verdict that the promotion gate acts on.

It is published under the digest of all that its figures depend on, so that the same question is not computed twice
and figures of different data, metrics or settings can never be mistaken for one another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain_ft.evaluation.arms import ModelArm
from domain_ft.evaluation.benchmark_file import BENCHMARK, MARKDOWN, REPORT, read_benchmark
from domain_ft.evaluation.case import BenchmarkCase, Rules, benchmark_case
from domain_ft.evaluation.curated import EvaluationFile
from domain_ft.evaluation.provenance import run_provenance
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.progress import Progress, silent
from domain_ft.store.publish import is_published, point, publish_folder, write_json


@dataclass(frozen=True)
class BenchmarkResult:
    """A published benchmark; the mappings are as in `benchmark.json`."""

    path: Path
    report: Path
    digest: str
    comparison_digest: str
    """Equal for benchmarks whose figures may stand side by side: same builds, tests, labels and metric version."""
    relevance: str
    """What counts as relevant, by name."""
    units: str
    """What the n of every metric counts: builds, or queries."""
    primary_metric: str
    reference: str
    verdict: str
    headline: str
    n: int
    n_needed: int | None
    arms: Mapping[str, Mapping[str, Mapping[str, Any]]]
    slices: Mapping[str, Any]
    differences: Sequence[Mapping[str, Any]]
    guards: Mapping[str, Mapping[str, Any]]
    gates: Sequence[Mapping[str, Any]]
    """The success gates and whether the candidate passes each; they have no part in the verdict."""
    general_ability: Mapping[str, Any] | None
    collapse: Mapping[str, Any]
    speed: Mapping[str, Mapping[str, Any]]
    """Per model its latency and throughput, as measured when the benchmark was made."""
    evaluation_file: Mapping[str, Any] | None
    """The arms on the queries that people have judged."""
    versions: Mapping[str, str]
    """Model arm to model version."""
    reused: bool
    mlflow_url: str | None = None
    """The page of the candidate's run, once MLflow knows of the benchmark."""
    notes: tuple[str, ...] = ()
    """What MLflow is owed, or was told late."""
    few_clusters: str | None = None
    """That too little was judged on for any verdict, and what to do; None where it was enough."""

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft benchmark --json`."""
        return {**asdict(self), "path": str(self.path), "report": str(self.report), "notes": list(self.notes)}


def run_benchmark(
    *,
    raw: Path,
    dataset: Path,
    arms: Sequence[ModelArm],
    settings: BenchmarkSettings,
    minimum_effect: float,
    margin: float,
    out: Path,
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
    make_current: bool = True,
    evaluation_file: EvaluationFile | None = None,
) -> BenchmarkResult:
    """Judge the candidate on the dataset's held-out builds and publish `out/<digest>`.

    `out/current` then points to it, unless told otherwise. `arms` holds the base, the candidate and, if there is one,
    the champion. Units that one of them was trained or chosen on, or that share a text or a group with such a one, are
    left out and counted. The queries of an evaluation file are judged beside them. InputError where `raw` is not what
    `dataset` was made from; DomainFtError where no unit, or no query of the file, is left to judge on.
    """
    progress("task", 0)
    case = benchmark_case(raw, dataset, arms, Rules(settings, minimum_effect, margin), evaluation_file)
    target = out / case.digest
    reused = is_published(target)
    if not reused:
        _judge(case, target, progress, run_provenance(provenance))
    if make_current:
        point(out / "current", case.digest)
    return benchmark_result(target, reused=reused)


def benchmark_result(folder: Path, *, reused: bool = True) -> BenchmarkResult:
    """A published benchmark; DomainFtError where nothing readable is there."""
    content = read_benchmark(folder)
    same = ("comparison_digest", "primary_metric", "reference", "verdict", "headline", "n", "n_needed")
    tables = ("arms", "slices", "differences", "guards", "gates")
    beside = ("general_ability", "collapse", "speed", "evaluation_file")
    return BenchmarkResult(
        path=folder,
        report=folder / REPORT,
        digest=content["digest"],
        versions={name: model["version"] for name, model in content["models"].items()},
        relevance=content["relevance"]["name"],
        units=content["words"]["units"],
        reused=reused,
        few_clusters=content.get("few_clusters"),
        **{key: content[key] for key in (*same, *tables, *beside)},
    )


def _judge(case: BenchmarkCase, target: Path, progress: Progress, provenance: Mapping[str, str]) -> None:
    """Compute and publish; what that takes is imported here, for a benchmark that is there already needs none of it."""
    from domain_ft.evaluation.content import benchmark_content
    from domain_ft.evaluation.report.html import render_html
    from domain_ft.evaluation.report.markdown import render_markdown

    content = benchmark_content(case, progress, provenance)
    progress("report", 0)

    def write(folder: Path) -> dict[str, Any]:
        write_json(folder / BENCHMARK, content)
        (folder / REPORT).write_text(render_html(content), encoding="utf-8")
        (folder / MARKDOWN).write_text(render_markdown(content), encoding="utf-8")
        keys = ("kind", "digest", "comparison_digest", "metric_version", "created_at", "headline", "verdict", "split")
        return {key: content[key] for key in (*keys, "primary_metric", "reference", "n", "models")}

    publish_folder(target, write)
