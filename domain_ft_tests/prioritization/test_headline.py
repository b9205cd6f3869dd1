"""What an experiment says first: no gain hides a loss."""

from typing import Any

import pytest

from domain_ft.prioritization.headline import Reading, first_failures, gains, losses, worst_verdict


def row(order: str, reference: str, verdict: str, metric: str = "apfd") -> dict[str, Any]:
    return {
        "order": order, "reference": reference, "metric": metric, "verdict": verdict,
        "mean": 0.1, "low": 0.05, "high": 0.15, "n": 12,
    }  # fmt: skip


FAILING = Reading(
    "failing runs",
    [row("hybrid_tuned", "hybrid_base", "WIN"), row("hybrid_tuned", "hybrid", "INCONCLUSIVE")],
)
RELEVANT = Reading("runs that the change concerns (flip)", [row("hybrid_tuned", "hybrid", "REGRESSION")])


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [([FAILING], "INCONCLUSIVE"), ([FAILING, RELEVANT], "REGRESSION"), ([], "INCONCLUSIVE")],
)
def test_the_verdict_is_the_worst_answer_to_the_question(readings: list[Reading], verdict: str) -> None:
    assert worst_verdict(readings, "apfd") == verdict


def test_all_wins_are_a_win() -> None:
    won = Reading("failing runs", [row("hybrid_tuned", name, "WIN") for name in ("hybrid_base", "hybrid", "bm25")])
    assert worst_verdict([won, won], "apfd") == "WIN"
    assert losses([won, won], "apfd") == []


def test_every_comparison_that_was_lost_with_the_tuned_model_is_named() -> None:
    failing = [
        *FAILING.rows,
        row("hybrid_tuned", "recently_failed", "REGRESSION"),
        row("hybrid_tuned", "recently_failed", "REGRESSION", "map"),
        row("hybrid_tuned", "bm25", "REGRESSION", "first_failure_rank"),
        row("tuned_cosine", "bm25", "REGRESSION"),
        row("hybrid", "recently_failed", "REGRESSION"),
    ]
    first = [row("hybrid_tuned", name, "REGRESSION") for name in ("hybrid", "bm25", "base_cosine")]
    [told] = losses([Reading("failing runs", failing), Reading("first failures", first)], "apfd")
    assert told == (
        "With the tuned model's embeddings a REGRESSION: tuned_cosine on APFD against bm25; hybrid_tuned on APFD "
        "against recently_failed, on MAP against recently_failed, on APFD of first failures against hybrid, bm25 and "
        "base_cosine."
    )


def test_a_gain_comes_with_its_builds_and_bounds() -> None:
    [told] = gains(FAILING, "apfd")
    assert told.startswith("Failing runs (12 builds): the hybrid with the tuned model's embeddings is WIN against")
    assert "without a model (APFD +0.100 [+0.050, +0.150])" in told


def first(**means: float) -> dict[str, Any]:
    return {"judged": 16, "arms": {name: {"apfd": {"mean": mean}} for name, mean in means.items()}}


@pytest.mark.parametrize(
    ("used", "told"),
    [
        ("trees", "0.700 by trees, 0.500 by chance; the best is 0.800 by tuned_cosine."),
        ("tuned_cosine", "0.800 by tuned_cosine, the best, 0.500 by chance."),
        ("rate", "0.100 by rate, 0.500 by chance, worse than by chance; the best is 0.800 by tuned_cosine."),
    ],
)
def test_on_first_failures_the_best_order_stands_beside_the_one_that_is_used(used: str, told: str) -> None:
    part = first(random=0.5, trees=0.7, rate=0.1, tuned_cosine=0.8, oracle=1.0)
    assert first_failures(part, used) == [f"First failures (16 builds): APFD {told}"]


def test_of_first_failures_that_no_build_has_nothing_is_said() -> None:
    assert first_failures({"judged": 0, "arms": {}}, "hybrid") == []
