"""The network: it learns from both streams, repeats, and says honest probabilities."""

from dataclasses import replace

import numpy as np
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.prioritization.classification import area_under_precision_recall, reliability
from domain_ft.prioritization.learned.rows import LearningRows, Vectors
from domain_ft.prioritization.learned.settings import NetworkSettings
from domain_ft.prioritization.learned.train_network import TrainedNetwork, train_network
from domain_ft_tests.prioritization.learned.made_rows import made_rows

TRAIN, VECTORS = made_rows(60, seed=1)
VALIDATION, _ = made_rows(20, seed=2)
TEST, _ = made_rows(20, seed=3)
SMALL = {
    "stream_width": 16, "hidden": (16, 8), "epochs": 8, "patience": 8, "batch_size": 128, "learning_rate": 5e-3,
    "dropout": 0.1,
}  # fmt: skip


def trained(train: LearningRows = TRAIN, validation: LearningRows = VALIDATION, **settings) -> TrainedNetwork:
    return train_network(train, validation, VECTORS, NetworkSettings(**{**SMALL, **settings}), threads=1)


def auprc(network: TrainedNetwork, rows: LearningRows, vectors: Vectors = VECTORS) -> float:
    return area_under_precision_recall(rows.failed, network.score(rows, vectors)) or 0.0


@pytest.mark.parametrize("loss", ["focal", "weighted"])
@pytest.mark.parametrize("fusion", ["gated", "cross_attention"])
def test_the_network_learns_from_history(fusion, loss):
    assert auprc(trained(fusion=fusion, loss=loss), TEST) > 3 * TEST.failed.mean()


@pytest.mark.parametrize("fusion", ["gated", "cross_attention"])
def test_the_network_learns_from_the_fit_of_change_and_test(fusion):
    """Changes that it was not trained on: what it has learned is the fit, not the texts."""
    rows, vectors = made_rows(150, seed=4, semantic=1.0)
    train, validation, test = (rows.take((rows.build >= low) & (rows.build < high))
                               for low, high in ((0, 110), (110, 125), (125, 150)))  # fmt: skip
    network = train_network(
        train, validation, vectors, NetworkSettings(**{**SMALL, "fusion": fusion, "epochs": 15}), threads=1
    )
    assert auprc(network, test, vectors) > 2 * test.failed.mean()


@pytest.mark.parametrize("fusion", ["gated", "cross_attention"])
def test_the_same_rows_and_seed_give_the_same_weights(fusion):
    first, second = (trained(fusion=fusion, epochs=2).module.state_dict() for _ in range(2))
    assert all(bool((first[name] == second[name]).all()) for name in first)


def test_training_leaves_torchs_own_seed_and_threads_as_they_were():
    import torch

    torch.manual_seed(7)
    before = torch.get_num_threads(), torch.random.get_rng_state()
    trained(epochs=1)
    assert torch.get_num_threads() == before[0]
    assert bool((torch.random.get_rng_state() == before[1]).all())


@pytest.mark.parametrize("loss", ["focal", "weighted"])
def test_probabilities_are_honest_whatever_the_loss(loss):
    network = trained(loss=loss)
    probability = network.probability(TEST, VECTORS)
    assert ((probability >= 0) & (probability <= 1)).all()
    assert reliability(TEST.failed, probability, bins=5).expected_error < 0.08
    assert probability.mean() == pytest.approx(TEST.failed.mean(), abs=0.06)


def test_the_order_by_score_is_that_by_probability():
    network = trained(epochs=2)
    order = np.argsort(network.score(TEST, VECTORS))
    assert (np.diff(network.probability(TEST, VECTORS)[order]) >= 0).all()


def test_a_row_is_judged_alike_alone_and_among_others():
    network = trained(epochs=1)
    together = network.score(TEST, VECTORS)
    assert network.score(TEST.take(np.array([17])), VECTORS)[0] == pytest.approx(together[17], abs=1e-5)
    assert len(network.score(TEST.take(np.zeros(0, np.int64)), VECTORS)) == 0


def test_temperature_and_threshold_change_with_the_validation_rows_and_the_weights_of_one_epoch_do_not():
    first = trained(epochs=1)
    second = trained(epochs=1, validation=replace(VALIDATION, failed=~VALIDATION.failed))
    assert (first.temperature, first.threshold) != (second.temperature, second.threshold)
    weights, others = first.module.state_dict(), second.module.state_dict()
    assert all(bool((weights[name] == others[name]).all()) for name in weights)


def test_the_best_epochs_weights_are_kept():
    network = trained(epochs=6, learning_rate=0.05)
    told = [epoch.auprc for epoch in network.epochs]
    assert network.best_epoch == 1 + int(np.argmax(told))
    assert auprc(network, VALIDATION) == pytest.approx(max(told))


def test_training_stops_when_validation_gains_no_more():
    noise = replace(VALIDATION, failed=np.random.default_rng(1).random(len(VALIDATION)) < 0.3)
    network = trained(validation=noise, epochs=40, patience=2)
    assert len(network.epochs) == network.best_epoch + 2 < 40


@pytest.mark.parametrize("outcome", [True, False])
def test_validation_with_one_outcome_alone_calibrates_nothing_and_stops_nothing(outcome):
    one = replace(VALIDATION, failed=np.full(len(VALIDATION), outcome))
    network = trained(validation=one, epochs=3, patience=1)
    assert (network.temperature, len(network.epochs), network.best_epoch) == (1.0, 3, 3)


@pytest.mark.parametrize("outcome", [True, False])
def test_training_rows_with_one_outcome_alone_are_refused(outcome):
    with pytest.raises(DomainFtError, match="a network needs both"):
        trained(replace(TRAIN, failed=np.full(len(TRAIN), outcome)))


def test_what_listens_hears_how_far_it_is_and_can_end_the_training():
    heard: list[tuple[str, int, int | None]] = []

    def listen(step: str, done: int, total: int | None = None) -> None:
        heard.append((step, done, total))
        if len(heard) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_network(TRAIN, VALIDATION, VECTORS, NetworkSettings(**{**SMALL, "batch_size": 600}), 1, listen)
    assert heard == [("network", 3, 24), ("network", 6, 24)]


CHANGED = [
    {"fusion": "cross_attention"}, {"loss": "weighted"}, {"focal_gamma": 0.5}, {"stream_width": 32}, {"hidden": (8,)},
    {"dropout": 0.4}, {"epochs": 1}, {"learning_rate": 1e-4}, {"weight_decay": 3.0}, {"batch_size": 64}, {"seed": 43},
]  # fmt: skip


@pytest.mark.parametrize("changed", CHANGED, ids=lambda changed: next(iter(changed)))
def test_each_setting_changes_what_is_trained(changed):
    usual, other = (trained(**{"epochs": 2, **given}).score(TEST, VECTORS) for given in ({}, changed))
    assert not np.allclose(usual, other)


def test_every_setting_is_among_those_shown_to_take_effect():
    """`patience` where training stops when validation gains no more."""
    assert {next(iter(changed)) for changed in CHANGED} | {"patience"} == set(NetworkSettings.model_fields)
