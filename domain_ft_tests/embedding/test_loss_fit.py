"""Whole trainings with each loss: what is published, said and refused, and that a stopped one goes on the same."""

from typing import Any

import polars as pl
import pytest

from domain_ft.embedding.data import read_related_pairs
from domain_ft.embedding.relation import UNKNOWN
from domain_ft.errors import InputError
from domain_ft.training.stop import StopRequest, TrainingStoppedError
from domain_ft_tests.embedding.conftest import published_beside, text_of_test, with_fewer_negatives

RESUMED: list[dict[str, Any]] = [
    {"loss": "cached_multiple_negatives_ranking", "mini_batch_size": 4},
    {"loss": "gist", "direction": "positive_to_anchor"},
    {"loss": "online_contrastive"},
    {"loss": "multiple_negatives_ranking", "matryoshka_dims": [16]},
    {"loss": "relation", "matryoshka_dims": [16], "prefixes": "e5", "schedule": "cosine_with_restarts"},
]


def test_a_loss_on_pairs_trains_on_both_kinds_and_says_so(world: Any) -> None:
    fitted = world.fit(loss="contrastive", epochs=1)
    plan = fitted.of("plan")[0]
    assert plan.message.startswith("160 pairs, 20 steps of 8")
    assert fitted.manifest["train_examples"] == 160
    assert "160 training pairs" in (fitted.path / "README.md").read_text()
    assert fitted.manifest["loss_curve"]["last"] < fitted.manifest["loss_curve"]["first"]


def test_rows_without_a_negative_are_ranked_with_those_that_have_one(world: Any) -> None:
    world.dataset = with_fewer_negatives(world.dataset, every=3)
    fitted = world.fit(max_steps=3)
    assert fitted.manifest["train_examples"] == 80


def test_relation_leaves_no_row_out_however_many_share_a_text(world: Any) -> None:
    rows = pl.read_parquet(world.dataset / "triplets.parquet").with_columns(positive=pl.lit("fix amber"))
    world.dataset = published_beside(world.dataset, rows)
    fitted = world.fit(loss="relation", epochs=1)
    plan = fitted.of("plan")[0]
    assert (plan.values["left_out_per_epoch"], plan.values["steps"]) == (0, 10)


def test_relation_masks_what_the_data_relates_beyond_the_triplets(world: Any) -> None:
    related = set(read_related_pairs(world.dataset, world.job().raw))
    assert (text_of_test("login", "saves"), "fix 8 amber") in related
    assert (text_of_test("login", "opens"), "fix 0 amber") not in related  # its first run says nothing
    assert not any(text.startswith("fix 45 ") for _, text in related)  # of the validation split


def assembled(world: Any, **changes: Any) -> Any:
    from domain_ft.embedding.assemble import assemble_training

    return assemble_training(world.job(**changes), world.settings(**changes), lambda _: None, StopRequest())


def crossing(parts: Any, related: set[tuple[str, str]], negatives: str) -> set[tuple[str, str]]:
    """The related pairs of the first epoch's batches that stand in different rows of one."""
    rows = parts.trainer._rows
    found = set()
    for batch in rows.batches.epoch(0):
        texts = [rows[number] for number in batch]
        pairs = {(one["anchor"], other[negatives]) for one in texts for other in texts if one is not other}
        found |= pairs & related
    return found


@pytest.mark.parametrize("options", [{}, {"hard_negatives": "model", "hard_negatives_every": 1}])
def test_no_batch_sets_what_the_data_relates_against_each_other(world: Any, options: dict[str, Any]) -> None:
    parts = assembled(world, **options)
    rows = {(row["anchor"], row["positive"]) for row in parts.trainer._rows}
    related = rows | set(read_related_pairs(world.dataset, world.job().raw))
    assert related > rows
    assert crossing(parts, related, "positive") == crossing(parts, related, "negative") == set()
    if parts.rounds:
        parts.rounds._take(1, parts.rounds._mined)
        assert crossing(parts, related, "positive") == crossing(parts, related, "negative") == set()


def test_the_relation_of_a_training_masks_what_the_data_relates(world: Any) -> None:
    related = read_related_pairs(world.dataset, world.job().raw)
    parts = assembled(world, loss="relation")
    positives = {(row["anchor"], row["positive"]) for row in parts.trainer._rows}
    only_related = sorted(set(related) - positives)
    relation = parts.trainer.data_collator._relation
    assert only_related
    assert all(relation.states([one], [other]).tolist() == [[UNKNOWN]] for one, other in only_related)


def test_triplets_without_a_negative_are_left_out_with_a_warning(world: Any) -> None:
    world.dataset = with_fewer_negatives(world.dataset, every=4)
    fitted = world.fit(loss="triplet", max_steps=2)
    said = "60 of 80 triplets have no negative and were left out, as loss: triplet needs one"
    assert said in fitted.manifest["warnings"]
    assert said in [event.message for event in fitted.of("warning")]
    assert fitted.manifest["train_examples"] == 20


def test_a_loss_that_needs_negatives_is_not_started_without_any(world: Any) -> None:
    world.dataset = with_fewer_negatives(world.dataset, every=None)
    with pytest.raises(InputError, match="loss: cosine_similarity needs negatives, and none of the 80 training trip"):
        world.fit(loss="cosine_similarity")


def test_freezing_all_that_can_be_trained_is_refused_with_a_cached_loss_too(world: Any) -> None:
    with pytest.raises(InputError, match="freeze_layers: 2 leaves nothing to train"):
        world.fit(loss="cached_multiple_negatives_ranking", freeze_layers=2)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("options", RESUMED, ids=str)
def test_a_stopped_training_goes_on_to_the_same_weights(world: Any, options: dict[str, Any], precision: str) -> None:
    options = {**options, "precision": precision, "max_steps": 8, "eval_steps": 3}
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=4, **options)
    resumed = world.fit(**options)
    assert [event.step for event in resumed.of("resumed")] == [4]
    assert resumed.weights == world.fit_elsewhere(**options).weights
