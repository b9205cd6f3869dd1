"""What an index finds worse than something else does."""

from typing import Any

from domain_ft.passage_index.regressions import BEFORE, regression_notes, regressions


def difference(reference: str, verdict: str, candidate: str = "hybrid", metric: str = "ndcg_at_10") -> dict[str, Any]:
    return {
        "candidate": candidate, "reference": reference, "metric": metric, "verdict": verdict,
        "mean": -0.0412, "low": -0.06, "high": -0.02,
    }  # fmt: skip


def judged(*differences: dict[str, Any]) -> dict[str, Any]:
    return {"differences": list(differences)}


def test_a_loss_against_words_alone_is_said_with_its_interval() -> None:
    assert regression_notes(judged(difference("words", "REGRESSION"))) == (
        "held-out queries are found better by words alone (--mode words) than by both together as searched: "
        "ndcg_at_10 -0.041 [-0.060, -0.020]",
    )


def test_a_loss_against_the_model_of_before_is_said() -> None:
    (note,) = regression_notes(judged(difference(BEFORE, "REGRESSION")))
    assert "found better with the model of before" in note


def test_what_is_won_or_not_decided_is_no_loss() -> None:
    assert regressions(judged(difference("words", "INCONCLUSIVE"), difference("vector", "WIN"))) == {}


def test_only_what_is_searched_counts_and_by_the_metric_of_the_weight() -> None:
    others = (
        difference(BEFORE, "REGRESSION", candidate="vector"),
        difference("words", "REGRESSION", metric="mrr_at_10"),
    )
    assert regressions(judged(*others)) == {}


def test_an_index_that_is_not_judged_loses_to_nothing() -> None:
    assert regression_notes(None) == ()
