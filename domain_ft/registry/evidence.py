"""What the registry needs to know of a benchmark: a small typed view of `benchmark.json`.

The gate decides on this view alone, never on loose keys, so that a benchmark that lacks a figure is refused with the
key's name instead of passing by accident.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.benchmark_file import Verdict, outcome_of

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval; the bounds are None where too few builds were judged."""

    mean: float
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, float | None]:
        """The three numbers."""
        return {"mean": self.mean, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        bounds = "" if self.low is None or self.high is None else f" [{self.low:+.3f}, {self.high:+.3f}]"
        return f"{self.mean:+.3f}{bounds}"


@dataclass(frozen=True)
class Evidence:
    """A benchmark's verdict on a candidate, with the numbers that it rests on."""

    digest: str
    candidate: str
    champion: str | None
    """The version that the champion's arm was; None if there was none."""
    reference: str
    """The arm that the verdict compares with: `champion`, or `base` where there was no champion."""
    primary_metric: str
    verdict: Verdict
    n: int
    score: Interval | None
    difference: Interval | None
    guards: Mapping[str, float | None]
    """Per guard metric, the lower bound of candidate minus base."""
    collapsed: bool
    """Whether the candidate maps different texts to one place."""
    dataset_digest: str
    comparison_digest: str
    """Equal for two benchmarks whose numbers may stand in one table."""
    split: str
    """The held-out split that was judged on."""
    decision: str | None = None
    """What the benchmark itself calls its outcome, where it has words of its own: GO, NO-GO, INCONCLUSIVE."""

    @property
    def outcome(self) -> str:
        """The outcome as people are told it."""
        return self.decision or self.verdict


def evidence_of(document: Mapping[str, Any]) -> Evidence:
    """The typed view of a benchmark's content; a missing or senseless entry is named."""
    try:
        return _evidence(document)
    except KeyError as error:
        raise DomainFtError(f"benchmark.json lacks {error.args[0]!r}; run the benchmark again") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise DomainFtError(f"benchmark.json cannot be used ({error}); run the benchmark again") from None


def _evidence(document: Mapping[str, Any]) -> Evidence:
    verdict = document["verdict"]
    if verdict not in VERDICTS:
        raise ValueError(f"verdict {verdict!r} is none of {', '.join(VERDICTS)}")
    primary, reference = str(document["primary_metric"]), str(document["reference"])
    models = document["models"]
    return Evidence(
        digest=str(document["digest"]),
        candidate=str(models["candidate"]["version"]),
        champion=str(models["champion"]["version"]) if "champion" in models else None,
        reference=reference,
        primary_metric=primary,
        verdict=verdict,
        n=int(document["n"]),
        score=_interval(document["arms"]["candidate"].get(primary)),
        difference=_difference(document["differences"], reference, primary),
        guards={metric: _finite(entry["low"]) for metric, entry in document["guards"].items()},
        collapsed=bool(document["collapse"]["collapsed"]),
        dataset_digest=str(document["dataset"]["digest"]),
        comparison_digest=str(document["comparison_digest"]),
        split=str(document["split"]),
        decision=outcome_of(document) if "decision" in document else None,
    )


def _difference(rows: list[Mapping[str, Any]], reference: str, metric: str) -> Interval | None:
    for row in rows:
        if (row["reference"], row["metric"], row["slice"]) == (reference, metric, "all"):
            return _interval(row)
    return None


def _interval(entry: Mapping[str, Any] | None) -> Interval | None:
    mean = None if entry is None else _finite(entry["mean"])
    return None if entry is None or mean is None else Interval(mean, _finite(entry["low"]), _finite(entry["high"]))


def _finite(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
