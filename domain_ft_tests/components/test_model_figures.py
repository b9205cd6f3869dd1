"""What a person sees of a training, a benchmark and a promotion: the sentence first, and tables that fit the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain_ft.components.model_figures import benchmark_figures, champion_figures, model_figures
from domain_ft.embedding.train_model import TrainingResult
from domain_ft.evaluation.benchmark import BenchmarkResult
from domain_ft.evaluation.benchmark_file import MARKDOWN, REPORT
from domain_ft.registry.promote import PromotionResult
from domain_ft.registry.report import VersionRow
from domain_ft.store.publish import publish_folder

Shown = Mapping[str, dg.MetadataValue]
METRICS = ("map", "mrr_at_10", "recall_at_10", "ndcg_at_10", "apfd", "similarity_gap")
MOST_COLUMNS = 6


def estimate(mean: float) -> dict[str, Any]:
    return {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "n": 95}


def as_shown(figures: Mapping[str, Any]) -> Shown:
    """Figures as Dagster keeps them."""
    return dg.AssetMaterialization("a", metadata=figures).metadata


@pytest.fixture
def benchmark(tmp_path: Path) -> Shown:
    """What is shown of a benchmark with five arms and six metrics."""
    (tmp_path / MARKDOWN).write_text("# report")
    row = {"candidate": "candidate", "reference": "base", "slice": "all", "clusters": 90, "verdict": "WIN"}
    judged = {**row, "p_value": 0.0004, "p_holm": None, "n_needed": None, **estimate(0.123456789)}
    result = BenchmarkResult(
        path=tmp_path,
        report=tmp_path / REPORT,
        digest="d1",
        comparison_digest="c1",
        relevance="flip",
        units="builds",
        primary_metric="map",
        reference="base",
        verdict="WIN",
        headline="WIN: the candidate is better than the base.",
        n=95,
        n_needed=None,
        arms={
            arm: {metric: estimate(0.123456789) for metric in METRICS}
            for arm in ("random", "bm25", "base", "champion", "candidate", "fusion")
        },
        slices={},
        differences=[{**judged, "metric": metric} for metric in METRICS],
        guards={metric: {"low": 0.0, "passed": True, "margin": 0.02} for metric in ("mrr_at_10", "recall_at_10")},
        gates=[{"gate": "MAP >= 0.5", "metric": "map", "value": 0.123456789, "passed": False}],
        general_ability=None,
        collapse={"texts": 9, "arms": {"candidate": {"effective_rank": 200.123456}}, "collapsed": False},
        evaluation_file=None,
        speed={"candidate": {"median_ms": 8.123456}},
        versions={},
        reused=False,
        mlflow_url="http://127.0.0.1:5000/#/experiments/1/runs/2",
    )
    return as_shown(benchmark_figures(result))


@pytest.fixture
def promotion(tmp_path: Path) -> Shown:
    """What is shown of a promotion."""
    version = VersionRow(
        version="abc", number="1", aliases=("champion",), verdict="WIN", primary_metric="map", score=estimate(0.25431),
        difference=None, reference="base", benchmark="d1", comparison_digest="c1", dataset_digest="s1",
        registered_at="2026-01-31T10:00:00+00:00", rolled_back=None, published=True, run_url=None,
    )  # fmt: skip
    result = PromotionResult(
        "shop", "abc", None, None, (version,), "http://127.0.0.1:5000/#/models/shop",
        version="abc", path=tmp_path / "abc", promoted=True, reason="WIN over the base model: map +0.1", verdict="WIN",
        url=None, notes=("a version was removed",),
    )  # fmt: skip
    return as_shown(champion_figures(result))


def rows(value: dg.MetadataValue) -> list[dict[str, Any]]:
    assert isinstance(value, dg.TableMetadataValue)
    return [dict(record.data) for record in value.records]


def test_a_benchmark_says_verdict_and_headline_before_all_figures(benchmark: Shown) -> None:
    assert [*benchmark][:4] == ["verdict", "headline", "report", "mlflow_run"]


def test_a_promotion_says_its_reason_first(promotion: Shown) -> None:
    assert next(iter(promotion)) == "reason"


def test_the_arms_stand_with_their_interval_and_the_guard_metrics(benchmark: Shown) -> None:
    assert rows(benchmark["arms"])[0] == {
        "arm": "random", "map": 0.1235, "interval": "[0.073, 0.173]", "mrr_at_10": 0.1235, "recall_at_10": 0.1235,
    }  # fmt: skip


def test_each_mining_of_negatives_is_a_row(tmp_path: Path) -> None:
    mined = [{"epoch": epoch, "mined": 5, "kept": 2, "missing": 0, "changed": 4, "vetoed": 1} for epoch in (0, 2)]
    counts = {"train_examples": 7, "trainable_parameters": 1, "total_parameters": 1, "loss_curve": None}
    about = {
        "device": "cpu",
        "precision": "fp32",
        "settings": {},
        "hard_negatives": [{**each, "within_margin": 9} for each in mined],
    }
    publish_folder(tmp_path / "v", lambda folder: {**counts, **about})
    result = TrainingResult("v", tmp_path / "v", "d", False, False, 1, 1.0, 1.0, None, None, ())
    shown = rows(as_shown(model_figures(result))["hard_negatives"])
    assert shown == mined
    assert len(shown[0]) <= MOST_COLUMNS


def test_success_gates_stand_in_a_table_of_their_own(benchmark: Shown) -> None:
    assert rows(benchmark["gates"]) == [{"gate": "MAP >= 0.5", "candidate": 0.1235, "passed": False}]


def test_an_asset_has_at_most_fifteen_numbers(benchmark: Shown) -> None:
    numbers = (dg.FloatMetadataValue, dg.IntMetadataValue)
    assert len([name for name, value in benchmark.items() if isinstance(value, numbers)]) <= 15


def test_tables_are_narrow(benchmark: Shown, promotion: Shown) -> None:
    for value in (benchmark["arms"], benchmark["gains"], promotion["standing"]):
        assert 1 < len(rows(value)[0]) <= MOST_COLUMNS


def test_a_version_stands_with_its_score_and_what_it_is_of(promotion: Shown) -> None:
    assert rows(promotion["standing"])[0]["score"] == "map 0.2543"


def test_figures_have_four_decimals(benchmark: Shown) -> None:
    found = {name: value.value for name, value in benchmark.items() if isinstance(value, dg.FloatMetadataValue)}
    assert found["gain"] == 0.1235
    assert {name: value for name, value in found.items() if value != round(value, 4)} == {}
