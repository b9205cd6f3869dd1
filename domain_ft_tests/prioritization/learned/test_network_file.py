"""A trained network on disk."""

import numpy as np
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.prioritization.learned.network_file import load_network, save_network
from domain_ft.prioritization.learned.settings import NetworkSettings
from domain_ft.prioritization.learned.train_network import TrainedNetwork, train_network
from domain_ft_tests.prioritization.learned.made_rows import made_rows

ROWS, VECTORS = made_rows(20, seed=1)


def trained(**settings) -> TrainedNetwork:
    small = NetworkSettings(**{"stream_width": 8, "hidden": (4,), "epochs": 1, **settings})
    return train_network(ROWS, ROWS, VECTORS, small, threads=1)


@pytest.mark.parametrize("settings", [{}, {"fusion": "cross_attention", "loss": "weighted"}], ids=str)
def test_a_network_says_the_same_once_saved_and_loaded(tmp_path, settings):
    network = trained(**settings)
    save_network(network, tmp_path / "network.safetensors")
    loaded = load_network(tmp_path / "network.safetensors")
    np.testing.assert_array_equal(loaded.probability(ROWS, VECTORS), network.probability(ROWS, VECTORS))
    assert (loaded.threshold, loaded.settings, loaded.epochs) == (network.threshold, network.settings, network.epochs)


def test_a_file_that_holds_no_network_is_named(tmp_path):
    (tmp_path / "network.safetensors").write_bytes(b"no network at all")
    with pytest.raises(DomainFtError, match=r"network\.safetensors: not a network of this version"):
        load_network(tmp_path / "network.safetensors")


def test_weights_of_another_shape_are_no_network(tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    path = tmp_path / "network.safetensors"
    save_network(trained(), path)
    with safe_open(path, framework="pt") as file:
        beside = file.metadata()
    save_file({name: tensor[:1] for name, tensor in load_file(path).items()}, path, beside)
    with pytest.raises(DomainFtError, match="not a network of this version"):
        load_network(path)
