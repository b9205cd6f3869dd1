"""What a loss trains on: triplets with or without negatives, or labelled pairs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.embedding.examples import Rows
from domain_ft.embedding.losses import LOSSES
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.errors import InputError

ROWS = {"anchor": ["q1", "q2", "q3"], "positive": ["p1", "p2", "p3"], "negative": ["n1", None, "n3"]}
BARE = {**ROWS, "negative": [None, None, None]}
PAIRWISE = ("contrastive", "online_contrastive", "cosine_similarity")


def examples(rows: Rows, **settings: Any) -> Any:
    chosen = TrainingSettings(**settings)
    return LOSSES[chosen.loss].examples(rows, chosen)


@pytest.mark.parametrize(
    ("settings", "columns"),
    [
        ({"loss": "triplet"}, ("anchor", "positive", "negative")),
        ({"direction": "both"}, ("anchor", "positive", "negative")),
        ({"direction": "anchor_to_positive", "use_negative": False}, ("anchor", "positive")),
        ({"direction": "positive_to_anchor"}, ("positive", "anchor")),
        ({"loss": "gist", "direction": "anchor_to_positive"}, ("anchor", "positive", "negative")),
        ({"loss": "contrastive"}, ("anchor", "other")),
    ],
)
def test_columns_follow_from_loss_and_direction(settings: dict[str, Any], columns: tuple[str, ...]) -> None:
    assert tuple(examples(ROWS, **settings).columns) == columns


def test_a_ranking_loss_keeps_the_rows_without_a_negative() -> None:
    made = examples(ROWS, direction="both")
    assert list(made.columns["negative"]) == ["n1", None, "n3"]
    assert (len(made), made.warnings) == (3, ())


def test_without_any_negative_a_ranking_loss_has_no_such_column() -> None:
    assert tuple(examples(BARE, direction="both").columns) == ("anchor", "positive")


def test_triplet_leaves_out_rows_without_a_negative_and_counts_them() -> None:
    made = examples(ROWS, loss="triplet")
    assert made.columns == {"anchor": ["q1", "q3"], "positive": ["p1", "p3"], "negative": ["n1", "n3"]}
    assert made.warnings == ("1 of 3 triplets have no negative and were left out, as loss: triplet needs one",)


@pytest.mark.parametrize("loss", PAIRWISE)
def test_a_row_gives_a_positive_pair_and_if_it_has_a_negative_a_negative_one(loss: str) -> None:
    made = examples(ROWS, loss=loss)
    pairs = zip(made.columns["anchor"], made.columns["other"], made.labels, strict=True)
    assert list(pairs) == [("q1", "p1", 1), ("q2", "p2", 1), ("q3", "p3", 1), ("q1", "n1", 0), ("q3", "n3", 0)]
    assert made.unit == "pairs"


@given(st.lists(st.tuples(*[st.sampled_from("abcdABCD")] * 2, st.none() | st.sampled_from("abcd")), min_size=1))
def test_labelled_pairs_are_distinct_and_what_is_known_as_positive_is_never_negative(rows: list[Any]) -> None:
    rows = [*rows, ("z", "y", "x")]
    columns = dict(zip(("anchor", "positive", "negative"), zip(*rows, strict=True), strict=True))
    made = examples(columns, loss="contrastive")
    pairs = [
        (one.lower(), other.lower())
        for one, other in zip(made.columns["anchor"], made.columns["other"], strict=True)
    ]  # fmt: skip
    assert len(set(pairs)) == len(pairs)
    positive = {(one.lower(), other.lower()) for one, other, _ in rows}
    assert {pair for pair, label in zip(pairs, made.labels, strict=True) if label} == positive


@pytest.mark.parametrize("loss", ["triplet", *PAIRWISE])
def test_a_loss_that_needs_negatives_is_refused_where_no_row_has_one(loss: str) -> None:
    with pytest.raises(InputError, match=rf"^loss: {loss} needs negatives, and none of the 3 training triplets has"):
        examples(BARE, loss=loss)
