"""Every setting of the benchmark changes what it says it changes."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain_ft.evaluation.arms import ModelArm
from domain_ft.evaluation.benchmark import BenchmarkResult, run_benchmark
from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.speed import Uncached
from domain_ft.store.vectors import Encode, FloatArray


@pytest.fixture
def judge(published: tuple[Path, Path], tmp_path: Path, blind: Encode, bag_of_words: Encode) -> Any:
    """Benchmarks a model that reads the words of every second text only; keywords are settings."""
    raw, dataset = published

    def half(texts: Sequence[str]) -> FloatArray:
        read, unread = bag_of_words(texts), blind(texts)
        for row, text in enumerate(texts):
            if len(text) % 2:
                read[row] = unread[row]
        return read

    arms = (
        ModelArm("base", blind, "starter", "0" * 64),
        ModelArm("candidate", half, "abc", "1" * 64, trained_on=dataset),
    )

    def run(
        *, minimum_effect: float = 0.01, margin: float = 0.02, same: bool = False, timed: bool = False, **settings: Any
    ) -> Any:
        chosen = (arms[0], replace(arms[1], encode=blind)) if same else arms
        if timed:
            chosen = tuple(replace(arm, uncached=lambda: nullcontext(Uncached(blind, "here"))) for arm in chosen)
        return run_benchmark(
            raw=raw,
            dataset=dataset,
            arms=chosen,
            settings=BenchmarkSettings.model_validate({"resamples": 500, "general_ability": "off", **settings}),
            minimum_effect=minimum_effect,
            margin=margin,
            out=tmp_path / "benchmarks",
        )

    return run


def width(result: BenchmarkResult) -> float:
    """How wide the interval of the candidate's MAP is."""
    estimate = result.arms["candidate"]["map"]
    return float(estimate["high"] - estimate["low"])


def test_the_verdict_is_about_the_primary_metric(judge: Any) -> None:
    by_map, by_apfd = judge(), judge(primary_metric="apfd")
    assert by_map.headline.partition(": ")[2] != by_apfd.headline.partition(": ")[2]
    assert "APFD" in by_apfd.headline
    assert {row["metric"] for row in by_apfd.differences if row["slice"] != "all"} == {"apfd"}


@pytest.mark.parametrize("metrics", [set(), {"map"}, {"ndcg_at_10", "apfd"}])
def test_exactly_the_guard_metrics_are_guarded(judge: Any, metrics: set[str]) -> None:
    assert set(judge(guard_metrics=tuple(metrics)).guards) == metrics


@pytest.mark.parametrize(("role", "guards", "reported"), [("guard", 1, True), ("report", 0, True), ("off", 0, False)])
def test_general_ability_is_guarded_reported_or_left_out(
    judge: Any, monkeypatch: pytest.MonkeyPatch, role: str, guards: int, reported: bool
) -> None:
    monkeypatch.setattr("domain_ft.evaluation.general.ability.LEAST", 0.0)
    result = judge(general_ability=role, guard_metrics=())
    assert (len(result.guards), result.general_ability is not None) == (guards, reported)


@pytest.mark.parametrize(("gate", "passed"), [("map >= 0.01", True), ("MAP > 0.99", False)])
def test_a_success_gate_is_shown_and_changes_no_verdict(judge: Any, gate: str, passed: bool) -> None:
    result, plain = judge(gates=(gate,)), judge()
    assert [one["passed"] for one in result.gates] == [passed]
    assert f"Success gates: {int(passed)} of 1 passed" in result.headline
    assert result.headline.startswith(plain.headline)
    assert (result.verdict, result.guards) == (plain.verdict, plain.guards)


@pytest.mark.parametrize("runs", [0, 7])
def test_as_many_queries_are_timed_as_asked_for(judge: Any, runs: int) -> None:
    speed = judge(latency_runs=runs, timed=True).speed
    assert {name: one["runs"] for name, one in speed.items()} == ({"base": runs, "candidate": runs} if runs else {})


def test_more_resamples_give_another_interval_of_the_same_mean(judge: Any) -> None:
    few, many = judge(resamples=100), judge(resamples=5000)
    assert few.arms["candidate"]["map"]["mean"] == many.arms["candidate"]["map"]["mean"]
    assert width(few) != width(many)


def test_a_higher_confidence_gives_wider_intervals(judge: Any) -> None:
    assert width(judge(confidence=0.8)) < width(judge(confidence=0.95)) < width(judge(confidence=0.99))


def test_the_split_that_is_set_is_judged_on(judge: Any) -> None:
    test, validation = judge(split="test"), judge(split="validation")
    assert test.comparison_digest != validation.comparison_digest


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_examples_are_shown_as_asked_for(judge: Any, count: int) -> None:
    examples = read_benchmark(judge(examples=count).path)["examples"]
    assert len(examples["gains"]) == count


def test_the_seed_decides_the_resampling_and_the_random_arm(judge: Any) -> None:
    one, other = judge(seed=1), judge(seed=2)
    assert width(one) != width(other)
    assert one.arms["random"]["map"]["mean"] != other.arms["random"]["map"]["mean"]
    assert one.arms["bm25"]["map"]["mean"] == other.arms["bm25"]["map"]["mean"]


def test_a_larger_minimum_effect_is_decided_by_fewer_builds(judge: Any) -> None:
    def needed(effect: float) -> list[int]:
        rows = judge(minimum_effect=effect).differences
        return [row["n_needed"] for row in rows if row["n_needed"] is not None]

    small, large = needed(0.01), needed(0.2)
    assert small
    assert all(more > fewer for more, fewer in zip(small, large, strict=True))


def test_a_wider_margin_lets_a_guard_hold_that_did_not(judge: Any) -> None:
    assert not judge(margin=0.0, same=True).guards["mrr_at_10"]["passed"]
    assert judge(margin=0.5, same=True).guards["mrr_at_10"]["passed"]


def test_the_batch_size_changes_no_figure_and_no_name(judge: Any) -> None:
    assert judge(batch_size=1).digest == judge(batch_size=64).digest


def test_every_setting_is_covered_here_or_in_a_test_of_the_stages() -> None:
    here = {"primary_metric", "guard_metrics", "resamples", "confidence", "split", "examples", "seed", "batch_size"}
    beside = {"gates", "general_ability", "latency_runs"}
    assert here | beside == set(BenchmarkSettings.model_fields)
