"""Negatives mined with the model as it is: what takes effect, what is kept, and that a stopped training goes on."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from domain_ft.embedding.cross_encoder import resolve_cross_encoder
from domain_ft.embedding.data import read_related_pairs
from domain_ft.embedding.losses import LOSSES
from domain_ft.embedding.settings import RANKING, PairTrainingSettings, TrainingSettings
from domain_ft.errors import InputError
from domain_ft.training.stop import TrainingStoppedError
from domain_ft.words import normalized
from domain_ft_tests.embedding.conftest import AREAS, CODES, PLAIN, VERBS, with_fewer_negatives
from domain_ft_tests.tiny_model import make_tiny_cross_encoder

MINED = {"hard_negatives": "model", "hard_negatives_margin": 0.0, "loss": "triplet"}


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random cross-encoder."""
    folder = tmp_path_factory.mktemp("judge") / "judge"
    make_tiny_cross_encoder(folder, (*AREAS, *CODES, *VERBS, *PLAIN))
    return folder


def mined(world: Any, **changes: Any) -> Any:
    """The miner of a training, and what it mines with the base model."""
    from domain_ft.embedding.data import read_training_rows
    from domain_ft.embedding.hard_negatives import HardNegatives
    from domain_ft.embedding.models import load_model

    job, settings = world.job(**changes), world.settings(**changes)
    miner = HardNegatives(job, settings, read_training_rows(job.dataset), "cpu")
    return miner, miner.mine(load_model(job.base.path, max_seq_length=settings.max_seq_length))


def similarities(world: Any, miner: Any, found: Any) -> list[tuple[float, float, list[float]]]:
    """Of each triplet that has one: similarity of what was mined, of the positive, and of all that may be mined."""
    from domain_ft.embedding.models import model_encoder

    encode = model_encoder(world.home.root / "tiny_bert", device="cpu", max_seq_length=16)
    rows, passages = miner.rows_with(found), encode(miner.passages)
    asked, positives = encode(rows["anchor"]), encode(rows["positive"])
    return [
        (float(asked[row] @ passages[number]), float(asked[row] @ positives[row]),
         (asked[row] @ passages[miner.pool.may(row)].T).tolist())
        for row, number in enumerate(found.passages) if number is not None
    ]  # fmt: skip


def test_the_nearest_text_of_a_change_that_left_the_test_unaffected_is_mined(world: Any) -> None:
    miner, found = mined(world, **{**MINED, "hard_negatives_margin": 0})
    for similarity, positive, all_of_them in similarities(world, miner, found):
        below = [each for each in all_of_them if each <= positive + 1e-5]
        assert similarity == pytest.approx(max(below), abs=1e-4)


def test_what_is_known_to_belong_to_an_anchor_is_never_its_negative(world: Any) -> None:
    job = world.job(**MINED)
    known = {(normalized(one), normalized(other)) for one, other in read_related_pairs(job.dataset, job.raw)}
    miner, found = mined(world, **MINED)
    rows = miner.rows_with(found)
    pairs = {(normalized(a), normalized(n)) for a, n in zip(rows["anchor"], rows["negative"], strict=True)}
    assert not pairs & known
    train = pl.read_parquet(job.dataset / "triplets.parquet").filter(pl.col("split") == "train")
    assert set(miner.passages) <= {*train["positive"], *train["negative"]}


def test_the_margin_takes_effect(world: Any) -> None:
    miner, found = mined(world, **{**MINED, "hard_negatives_margin": 0.05})
    assert all(similarity <= 0.95 * positive + 1e-5 for similarity, positive, _ in similarities(world, miner, found))
    _, without = mined(world, **MINED)
    assert found.within_margin > without.within_margin
    assert found.passages != without.passages


def test_the_range_of_ranks_takes_effect(world: Any) -> None:
    miner, found = mined(world, **MINED, hard_negatives_range_min=3, hard_negatives_range_max=5)
    for similarity, _, all_of_them in similarities(world, miner, found):
        nearer = sum(each > similarity + 1e-6 for each in all_of_them)
        assert 3 <= nearer < 5
    assert None in found.passages  # every passage of these two ranks is too near to some positive


@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_a_cross_encoder_vetoes_what_it_does_not_score_far_enough_below_the_positive(
    world: Any, judge: Path, margin: float
) -> None:
    from domain_ft.embedding.cross_encoder import load_cross_encoder

    world.copy(judge)
    judged = {**MINED, "hard_negatives_cross_encoder": "judge", "hard_negatives_cross_encoder_margin": margin}
    miner, found = mined(world, **judged)
    rows, model = miner.rows_with(found), load_cross_encoder(judge, "cpu")
    negatives, positives = (
        model.predict(list(zip(rows["anchor"], rows[side], strict=True))) for side in ("negative", "positive")
    )
    scored = zip(found.passages, negatives, positives, strict=True)
    assert all(low <= high * (1 - margin) + 1e-6 for number, low, high in scored if number is not None)
    assert any(number is not None for number in found.passages)
    _, without = mined(world, **MINED)
    assert found.vetoed > without.vetoed == 0
    assert found.passages != without.passages


def test_a_second_mining_with_the_same_weights_is_taken_from_disk(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain_ft.embedding import hard_negatives

    _, first = mined(world, **MINED)
    with monkeypatch.context() as patch:
        patch.setattr(hard_negatives, "near_candidates", None)
        again = mined(world, **MINED, epochs=7, learning_rate=3e-4)[1]
    assert again == first
    assert again.seconds == first.seconds > 0
    assert mined(world, **MINED, hard_negatives_range_min=1)[1] != first


def test_what_was_altered_on_disk_is_mined_again(world: Any) -> None:
    _, first = mined(world, **MINED)
    (folder,) = world.home.hard_negatives("tiny").iterdir()
    (folder / "negatives.json").write_text("{}")
    assert mined(world, **MINED)[1] == first


def test_mining_again_after_each_n_epochs_changes_negatives(world: Any) -> None:
    options = {**MINED, "epochs": 4, "learning_rate": 1e-2, "eval_steps": 40}
    fitted = world.fit(**options, hard_negatives_every=2)
    rounds = fitted.manifest["hard_negatives"]
    assert [each["epoch"] for each in rounds] == [0, 2]
    assert rounds[1]["changed"] > 0
    assert fitted.weights != world.fit(**options).weights


@pytest.mark.parametrize(("every", "to_come"), [(None, 0), (1, 2), (2, 1), (3, 0)])
def test_each_round_to_come_will_take_as_long_as_the_first(world: Any, every: int | None, to_come: int) -> None:
    from domain_ft.embedding.negative_rounds import NegativeRounds

    miner, found = mined(world, **MINED)
    settings = world.settings(**MINED, hard_negatives_every=every)
    rounds = NegativeRounds(miner, replace(found, seconds=7.0), settings, lambda _: None)
    rounds.serve(None, [], steps_per_epoch=10)
    assert rounds.seconds_to_come(steps=30) == rounds.seconds_to_come(steps=21) == 7.0 * to_come


def test_the_plan_counts_the_rounds_to_come(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain_ft.embedding.hard_negatives import HardNegatives

    mine = HardNegatives.mine
    monkeypatch.setattr(HardNegatives, "mine", lambda *given: replace(mine(*given), seconds=1000.0))
    plan = world.fit(**MINED, epochs=3, hard_negatives_every=1).of("plan")[0]
    assert 2000 < plan.values["estimated_seconds"] < 3000


@pytest.mark.slow
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_trains_on_what_was_mined(world: Any, loss: str) -> None:
    direction = "positive_to_anchor" if loss in RANKING else "anchor_to_positive"
    options = {"loss": loss, "direction": direction, "hard_negatives_margin": 0, "epochs": 1, "hard_negatives_every": 1}
    off, on = world.fit(**options), world.fit(**options, hard_negatives="model")
    assert on.weights != off.weights
    assert off.manifest["hard_negatives"] is None


def test_where_positives_ask_for_anchors_other_anchors_are_mined(world: Any) -> None:
    options = {"loss": "relation", "direction": "positive_to_anchor", "hard_negatives": "model"}
    miner, found = mined(world, **options)
    job = world.job(**options)
    known = {(normalized(one), normalized(other)) for one, other in read_related_pairs(job.dataset, job.raw)}
    rows = miner.rows_with(found)
    assert set(miner.passages) == set(rows["anchor"])
    pairs = [(normalized(a), normalized(p)) for a, p in zip(rows["other_anchor"], rows["positive"], strict=True) if a]
    assert pairs
    assert not known & set(pairs)


@pytest.mark.parametrize(
    ("loss", "stop_at"),
    [
        pytest.param("triplet", 5, marks=pytest.mark.slow),
        ("triplet", 10),
        pytest.param("triplet", 15, marks=pytest.mark.slow),
        pytest.param("contrastive", 25, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_training_goes_on_to_the_same_weights(world: Any, loss: str, stop_at: int) -> None:
    options = {**MINED, "loss": loss, "hard_negatives_every": 1, "save_steps": 100, "epochs": 3, "freeze_layers": 1}
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=stop_at, **options)
    shutil.rmtree(world.home.hard_negatives("tiny"))  # the checkpoint is enough
    resumed, undisturbed = world.fit(**options), world.fit_elsewhere(**options)
    assert [event.step for event in resumed.of("resumed")] == [stop_at]
    assert resumed.weights == undisturbed.weights
    assert resumed.manifest["hard_negatives"] == undisturbed.manifest["hard_negatives"]
    assert [event.values["epoch"] for event in undisturbed.of("negatives")] == [0, 1, 2]


def test_what_was_mined_is_told_in_events_log_manifest_and_card_without_a_text(world: Any) -> None:
    fitted = world.fit(**MINED, hard_negatives_every=1, hard_negatives_range_max=3)
    counts = fitted.manifest["hard_negatives"]
    assert [each["mined"] + each["kept"] + each["missing"] for each in counts] == [80, 80]
    assert all(each["mined"] and each["kept"] for each in counts)
    assert [dict(event.values) for event in fitted.of("negatives")] == counts
    lines = [json.loads(line) for line in (fitted.path / "training_log.jsonl").read_text().splitlines()]
    told = [(line["step"], line["hard_negatives_kept"]) for line in lines if "hard_negatives_mined" in line]
    assert told == [(0, counts[0]["kept"]), (10, counts[1]["kept"])]
    card = (fitted.path / "README.md").read_text()
    assert f"- Hard negatives mined with the base model for {counts[0]['mined']} of 80 triplets" in card
    assert "mined with the model after epoch 1 for" in card
    assert "amber" not in card


def test_pairwise_losses_are_satisfied_by_mined_negatives_alone(world: Any) -> None:
    world.dataset = with_fewer_negatives(world.dataset, None)
    for loss in ("triplet", "contrastive"):
        with pytest.raises(InputError, match=f"loss: {loss} needs negatives.*hard_negatives: model"):
            world.fit(loss=loss)
    assert world.fit(**MINED).manifest["hard_negatives"][0]["kept"] == 0


def test_what_nothing_was_mined_for_keeps_its_own_negative(world: Any) -> None:
    far = {**MINED, "hard_negatives_range_min": 10_000, "hard_negatives_range_max": 10_001}
    fitted = world.fit(**far)
    assert fitted.manifest["hard_negatives"][0]["kept"] == 80
    assert fitted.weights == world.fit(loss="triplet").weights
    assert any("found for only 0 of 80 triplets: try a lower" in warning for warning in fitted.manifest["warnings"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hard_negatives_range_min": 50}, "must be more than hard_negatives_range_min, which is 50"),
        ({"hard_negatives_range_min": 5, "hard_negatives_range_max": 5}, "which is 5"),
        ({"use_negative": False}, "no effect with use_negative: false"),
    ],
)
def test_what_cannot_be_mined_or_would_not_be_read_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrainingSettings(hard_negatives="model", **change)


def test_a_range_without_an_end_begins_anywhere() -> None:
    settings = {"hard_negatives_range_min": 90, "hard_negatives_range_max": None}
    assert TrainingSettings(hard_negatives="model", **settings).hard_negatives_range_max is None


def test_pairwise_losses_read_negatives_whatever_use_negative_says() -> None:
    assert PairTrainingSettings(hard_negatives="model", loss="triplet", use_negative=False).hard_negatives == "model"


def test_a_cross_encoder_that_is_none_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match=r"hard_negatives_cross_encoder: .*tiny_bert is no cross-encoder that gives"):
        resolve_cross_encoder("tiny_bert", world.home)
    with pytest.raises(InputError, match=r"^hard_negatives_cross_encoder: 'nowhere' is neither a folder"):
        world.job(**MINED, hard_negatives_cross_encoder="nowhere")


def test_another_cross_encoder_of_the_same_name_makes_another_version(world: Any, judge: Path) -> None:
    world.copy(judge)
    judged = {**MINED, "hard_negatives_cross_encoder": "judge"}
    first = world.job(**judged).version
    make_tiny_cross_encoder(world.home.root / "judge", AREAS, seed=3)
    assert world.job(**judged).version != first
    assert world.job(**MINED).version != first
