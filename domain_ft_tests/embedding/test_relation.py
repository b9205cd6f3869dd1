"""No known pair is ever pushed apart; a batch teaches what its distinct texts say, however often they stand there."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from domain_ft.embedding.collate import LABEL
from domain_ft.embedding.relation import (
    NEGATIVE,
    POSITIVE,
    UNKNOWN,
    Relation,
    RelationCollator,
    RelationLoss,
    multi_positive_loss,
)
from domain_ft.embedding.settings import Direction

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20)
DIRECTIONS: tuple[Direction, ...] = ("anchor_to_positive", "positive_to_anchor", "both")


def states_of(positives: list[tuple[str, str]], anchors: list[str], partners: list[str], **options: Any) -> list[Any]:
    return Relation(positives, **options).states(anchors, partners).tolist()  # type: ignore[no-any-return]


def test_what_another_row_says_is_known_and_the_rest_is_negative() -> None:
    positives = [("a", "p"), ("b", "q"), ("a", "q")]
    assert states_of(positives, ["a", "b"], ["p", "q"]) == [[POSITIVE, POSITIVE], [NEGATIVE, POSITIVE]]


def test_texts_that_differ_in_case_and_spaces_are_the_same_text() -> None:
    assert states_of([("The  Page", "fix It")], ["the page"], ["FIX it", "other"]) == [[POSITIVE, NEGATIVE]]


def test_equal_texts_a_pair_read_backwards_and_related_pairs_are_unknown() -> None:
    positives, partners = [("a", "p"), ("b", "a")], ["p", "a", "b", "r", "s", "z"]
    states = states_of(positives, ["a"], partners, related=[("A", "R"), ("a", "p"), ("s", "a")])
    assert states == [[POSITIVE, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, NEGATIVE]]


def computed(cosines: list[list[float]], states: list[list[int]]) -> float:
    return float(multi_positive_loss(torch.tensor(cosines), torch.tensor(states)))


def test_the_loss_is_the_mean_over_positives_of_each_against_the_negatives() -> None:
    one, two = -np.log(np.e**3 / (np.e**3 + np.e)), -np.log(np.e**2 / (np.e**2 + np.e))
    assert computed([[3.0, 2.0, 1.0, 9.0]], [[1, 1, -1, 0]]) == pytest.approx((one + two) / 2, abs=1e-6)


def test_a_text_without_a_positive_asks_nothing() -> None:
    assert computed([[3.0, 1.0], [5.0, 7.0]], [[1, -1], [-1, -1]]) == computed([[3.0, 1.0]], [[1, -1]])


def test_a_row_without_negatives_has_no_loss_and_no_gradient() -> None:
    scores = torch.tensor([[3.0, 2.0]], requires_grad=True)
    value = multi_positive_loss(scores, torch.tensor([[1, 0]]))
    value.backward()
    assert float(value.detach()) == 0
    assert scores.grad is not None
    assert scores.grad.tolist() == [[0, 0]]


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.tuples(st.floats(-20, 20), st.sampled_from([-1, 0, 1])), min_size=width, max_size=width),
            min_size=1,
            max_size=5,
        )
    )
)
def test_a_masked_pair_has_no_gradient_a_positive_is_never_pushed_away_nor_a_negative_drawn_near(
    pairs: list[list[tuple[float, int]]],
) -> None:
    scores = torch.tensor([[score for score, _ in row] for row in pairs], requires_grad=True)
    states = torch.tensor([[state for _, state in row] for row in pairs])
    if not (states == POSITIVE).any():
        return
    multi_positive_loss(scores, states).backward()
    assert scores.grad is not None
    assert (scores.grad[states == UNKNOWN] == 0).all()
    assert (scores.grad[states == POSITIVE] <= 0).all()
    assert (scores.grad[states == NEGATIVE] >= 0).all()


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("negatives", [0, 3, 5])
def test_without_repeats_it_is_multiple_negatives_ranking(direction: Direction, negatives: int) -> None:
    torch.manual_seed(1)
    anchors, positives, more = torch.randn(5, 8), torch.randn(5, 8), torch.randn(negatives, 8)
    names = [f"p{number}" for number in range(5)] + [f"n{number}" for number in range(negatives)]
    rows = [(f"a{number}", f"p{number}") for number in range(5)]
    states = torch.from_numpy(Relation(rows).states([anchor for anchor, _ in rows], names)).flatten()
    identity = torch.nn.Identity()
    ours = RelationLoss(identity, 20, direction)
    value = ours.compute_loss_from_embeddings([anchors, torch.cat([positives, more])], states)
    if direction == "positive_to_anchor":
        theirs, columns = MultipleNegativesRankingLoss(identity), [positives, anchors]
    else:
        ways = ("query_to_doc", "doc_to_query") if direction == "both" else ("query_to_doc",)
        theirs = MultipleNegativesRankingLoss(identity, directions=ways, partition_mode="per_direction")
        columns = [anchors, positives, *([more] if negatives else [])]
    torch.testing.assert_close(value, theirs.compute_loss_from_embeddings(columns, None))


def counted(texts: list[str]) -> dict[str, Any]:
    return {"input_ids": torch.tensor([[int(text[1:])] for text in texts]), "texts": texts}


def batch_of(pairs: list[tuple[int, int]], known: list[tuple[int, int]]) -> dict[str, Any]:
    relation = Relation([(f"a{one}", f"p{other}") for one, other in known])
    return RelationCollator(counted, relation)([{"anchor": f"a{one}", "positive": f"p{two}"} for one, two in pairs])


@given(PAIRS, PAIRS)
def test_each_distinct_text_is_encoded_once_and_duplicates_in_the_batch_change_nothing(
    pairs: list[tuple[int, int]], more: list[tuple[int, int]]
) -> None:
    known = pairs + more
    batch, again = batch_of(pairs, known), batch_of([*pairs, *reversed(pairs)], known)
    assert len(set(batch["anchor_texts"])) == len(batch["anchor_texts"])
    assert len(set(batch["positive_texts"])) == len(batch["positive_texts"])
    assert again["rows"] == 2 * batch["rows"]
    assert batch["anchor_texts"] == again["anchor_texts"]
    assert batch["positive_texts"] == again["positive_texts"]
    assert torch.equal(batch[LABEL], again[LABEL])


@given(PAIRS, PAIRS)
def test_a_known_pair_is_never_a_negative_of_a_batch(pairs: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
    known = pairs + more
    batch = batch_of(pairs, known)
    states = batch[LABEL].view(len(batch["anchor_texts"]), -1)
    for anchor, row in zip(batch["anchor_texts"], states.tolist(), strict=True):
        for partner, state in zip(batch["positive_texts"], row, strict=True):
            assert state == (POSITIVE if (int(anchor[1:]), int(partner[1:])) in known else NEGATIVE)


def test_given_negatives_are_further_partners_and_a_missing_one_is_none() -> None:
    rows = [{"anchor": "a1", "positive": "p1", "negative": "p7"}, {"anchor": "a2", "positive": "p2", "negative": None}]
    batch = RelationCollator(counted, Relation([("a1", "p1"), ("a2", "p2"), ("a2", "p7")]))(rows)
    assert batch["positive_texts"] == ["p1", "p2", "p7"]
    assert batch[LABEL].view(2, 3).tolist() == [[POSITIVE, NEGATIVE, NEGATIVE], [NEGATIVE, POSITIVE, POSITIVE]]
