"""What holds of each stage's result, as Dagster shows it: pure verdicts in, check results out.

Imported by the steps, not by definitions: the verdicts stand on tables and vectors. Those on a dataset are
`domain_ft.mining.checks`'; the ones here follow the same form.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl

from domain_ft.datasets import evaluate_dataset
from domain_ft.embedding.models import model_encoder
from domain_ft.embedding.outcome import collapse_warning
from domain_ft.errors import DomainFtError
from domain_ft.evaluation.benchmark import BenchmarkResult
from domain_ft.evaluation.collapse import COLLAPSED, Spread
from domain_ft.evaluation.gates import GateOutcome, gates_sentence
from domain_ft.history.tables import raw_sample, read_history
from domain_ft.landing.ingest import IngestResult
from domain_ft.mining.checks import CheckOutcome
from domain_ft.pairs.tables import read_pairs
from domain_ft.requirements.tables import read_requirements_table
from domain_ft.resources.plots import rounded
from domain_ft.store.publish import read_manifest, verify_folder
from domain_ft.store.tables import read_table
from domain_ft.store.vectors import FloatArray

SAMPLE_ROWS = 1000
SAMPLE_TEXTS = 64
MOST_REJECTED = 0.05


def evaluate_quarantine(read: int, rejected: int) -> CheckOutcome:
    """Hardly any row should have to be rejected (warning); where nothing new was read there is nothing to reject."""
    share = rejected / read if read else 0.0
    return CheckOutcome(
        name="quarantine_share",
        passed=share <= MOST_REJECTED,
        severity="warning",
        message=f"{rejected:,} of {read:,} rows read were rejected, {share:.1%} (expected: up to {MOST_REJECTED:.0%})",
        numbers={"read": float(read), "rejected": float(rejected), "share": share},
    )


def evaluate_embeddings(vectors: FloatArray, texts: int) -> CheckOutcome:
    """Every text has one finite embedding of length 1 (blocking)."""
    lengths = np.linalg.norm(vectors, axis=1) if vectors.ndim == 2 else np.zeros(0)
    passed = len(lengths) == texts and bool(np.isfinite(lengths).all()) and bool(np.allclose(lengths, 1, atol=1e-3))
    return CheckOutcome(
        name="loads_and_encodes",
        passed=passed,
        severity="error",
        message=f"{texts} texts gave embeddings of shape {vectors.shape}, "
        f"{'all' if passed else 'not all'} finite and of length 1 (expected: all)",
        numbers={"texts": float(texts), "dimension": float(vectors.shape[-1]) if vectors.ndim == 2 else 0.0},
    )


def evaluate_collapse(spread: Spread) -> CheckOutcome:
    """Training has not brought different texts into one place (warning)."""
    plain = (
        f"the mean cosine of different texts is {spread.tuned:.3f}, {spread.base:.3f} before (expected: below "
        f"{COLLAPSED:g}, or more than half of the distances kept)"
    )
    return CheckOutcome(
        name="collapse",
        passed=not spread.collapsed,
        severity="warning",
        message=collapse_warning(spread) or plain,
        numbers={"mean_pairwise_cosine": spread.tuned, "base_mean_pairwise_cosine": spread.base},
    )


def evaluate_guards(guards: Mapping[str, Mapping[str, Any]]) -> CheckOutcome:
    """On no guard metric may the candidate lie below the base model by more than the margin (warning)."""
    fallen = [name for name, guard in guards.items() if not guard["passed"]]
    low = {name: guard["low"] for name, guard in guards.items()}
    bounds = ", ".join(f"{name} {'unknown' if bound is None else f'{bound:+.3f}'}" for name, bound in low.items())
    margins = " / ".join(f"{-margin:+g}" for margin in sorted({guard["margin"] for guard in guards.values()}))
    found = (
        f"lower bounds of candidate minus base: {bounds} (expected: above {margins})" if guards else "none asked for"
    )
    return CheckOutcome(
        name="guard_metrics",
        passed=not fallen,
        severity="warning",
        message=f"not shown to hold: {', '.join(fallen)}; {found}" if fallen else found,
        numbers={f"{name}_low": bound for name, bound in low.items() if bound is not None},
    )


def evaluate_success_gates(gates: Sequence[Mapping[str, Any]]) -> CheckOutcome:
    """The candidate's means reach what was aimed at (warning; neither verdict nor promotion depends on it)."""
    outcomes = [GateOutcome(**gate) for gate in gates]
    found = gates_sentence(outcomes) if outcomes else "no gate is set"
    return CheckOutcome(
        name="success_gates",
        passed=all(outcome.passed for outcome in outcomes),
        severity="warning",
        message=f"{found} (expected: all that are set pass)",
        numbers={one.metric: one.value for one in outcomes if one.value is not None},
    )


def raw_checks(result: IngestResult) -> list[dg.AssetCheckResult]:
    """The contract of a frame of what landed (of runs: the newest ones), and the share of rejected rows."""
    from domain_ft.components.frame_contract import PAIR_FRAME, REQUIREMENT_FRAME, RUN_FRAME, evaluate_frame

    kind = read_manifest(result.path)["kind"]
    if kind == "pairs":
        frame, sample = PAIR_FRAME, read_pairs(result.path).head(SAMPLE_ROWS)
    elif kind == "requirements":
        frame, sample = REQUIREMENT_FRAME, read_requirements_table(result.path).head(SAMPLE_ROWS)
    else:
        frame, sample = RUN_FRAME, raw_sample(read_history(result.path), SAMPLE_ROWS)
    finding = evaluate_frame(sample, frame)
    contract = dg.AssetCheckResult(
        check_name="frame_contract",
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=finding.description,
        metadata={
            "rows": finding.rows,
            "columns": finding.columns,
            "contract": dg.MetadataValue.md(frame.description or ""),
        },
    )
    return [contract, *shown([evaluate_quarantine(result.read, result.rejected)])]


def triplet_checks(dataset: Path) -> list[dg.AssetCheckResult]:
    """The checks of a published dataset, counted anew from its files."""
    return shown(evaluate_dataset(dataset))


def model_checks(model: Path, dataset: Path) -> list[dg.AssetCheckResult]:
    """The model's folder is what its manifest says, it loads, and it tells the dataset's texts apart."""
    texts = _different_texts(dataset)
    try:
        verify_folder(model)
        vectors = model_encoder(model, device="cpu", batch_size=SAMPLE_TEXTS)(texts)
    except (DomainFtError, OSError, ValueError, RuntimeError) as error:
        broken = CheckOutcome("loads_and_encodes", False, "error", f"{model}: {error}", {})
        unknown = CheckOutcome("collapse", False, "warning", "not known: the model does not work", {})
        return shown([broken, unknown])
    spread = Spread(**read_manifest(model)["spread"])
    return shown([evaluate_embeddings(vectors, len(texts)), evaluate_collapse(spread)])


def benchmark_checks(result: BenchmarkResult) -> list[dg.AssetCheckResult]:
    """The guard metrics and the success gates of a benchmark."""
    return shown([evaluate_guards(result.guards), evaluate_success_gates(result.gates)])


def shown(outcomes: Sequence[CheckOutcome]) -> list[dg.AssetCheckResult]:
    """Outcomes as Dagster's check results; their numbers become plots."""
    severities = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}
    return [
        dg.AssetCheckResult(
            check_name=outcome.name,
            passed=outcome.passed,
            severity=severities[outcome.severity],
            description=outcome.message,
            metadata={name: rounded(value) for name, value in outcome.numbers.items()},
        )
        for outcome in outcomes
    ]


def _different_texts(dataset: Path) -> list[str]:
    """Some texts that the model was trained for: every n-th of the dataset's tests and changes."""
    triplets = read_table(dataset / "triplets.parquet", ["anchor", "positive"])
    texts = pl.concat([triplets["anchor"], triplets["positive"]]).unique(maintain_order=True)
    return texts.gather_every(max(len(texts) // SAMPLE_TEXTS, 1)).head(SAMPLE_TEXTS).to_list()
