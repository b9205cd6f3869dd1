"""A benchmark is read by name: what it lacks is named, and nothing is guessed."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.arms import ArmFigures
from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.evaluation.comparison import compare_arms
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.registry.evidence import Interval, evidence_of

Publish = Callable[..., Path]
WORSE = {"random": 0.5, "bm25": 0.2, "base": 0.1, "champion": 0.05, "candidate": 0.0}


@pytest.fixture
def document(publish_benchmark: Publish) -> dict[str, Any]:
    """What a benchmark of `new` against the champion `old` says."""
    return read_benchmark(publish_benchmark("new", champion="old"))


def test_difference_is_the_one_over_all_queries(document: dict[str, Any]) -> None:
    evidence = evidence_of(document)
    assert evidence.difference == Interval(0.05, 0.02, 0.08)
    assert (evidence.candidate, evidence.champion, evidence.reference) == ("new", "old", "champion")


@pytest.mark.parametrize(
    "key", ["verdict", "primary_metric", "guards", "models", "differences", "digest", "split", "collapse"]
)
def test_lacking_entry_is_named(document: dict[str, Any], key: str) -> None:
    del document[key]
    with pytest.raises(DomainFtError, match=rf"benchmark\.json lacks '{key}'"):
        evidence_of(document)


def test_unknown_verdict_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(DomainFtError, match="verdict 'MAYBE' is none of WIN"):
        evidence_of({**document, "verdict": "MAYBE"})


def test_guard_that_is_no_number_counts_as_unknown(document: dict[str, Any]) -> None:
    guards = {"apfd": {"low": float("nan")}, "mrr_at_10": {"low": None}}
    assert evidence_of({**document, "guards": guards}).guards == {"apfd": None, "mrr_at_10": None}


def test_comparison_as_the_evaluation_makes_it_is_understood(document: dict[str, Any]) -> None:
    """The format between the two packages: what `compare_arms` finds, as JSON."""
    better, metrics = np.linspace(0.2, 0.9, 40), ("map", "mrr_at_10", "recall_at_10", "apfd")
    arms = {name: ArmFigures(dict.fromkeys(metrics, better - worse), {}) for name, worse in WORSE.items()}
    found = compare_arms(arms, np.arange(40), BenchmarkSettings(), minimum_effect=0.01, margin=0.02)
    evidence = evidence_of({**document, **json.loads(json.dumps(asdict(found)))})
    assert (evidence.verdict, evidence.n, evidence.reference) == ("WIN", 40, "champion")
    assert evidence.difference is not None
    assert evidence.difference.mean == pytest.approx(0.05)
    assert evidence.score is not None
    assert evidence.score.mean == pytest.approx(0.55)
    assert evidence.guards == pytest.approx({"mrr_at_10": 0.1, "recall_at_10": 0.1, "apfd": 0.1})


def test_missing_benchmark_says_so(tmp_path: Path) -> None:
    with pytest.raises(DomainFtError, match="nothing is published there"):
        read_benchmark(tmp_path / "gone")
