"""A world with a tuned adapter of a tiny model, trained once for all comparisons."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from domain_ft.comparison.model_arms import TunedModel
from domain_ft.store.home import HOME_VARIABLE, Home
from domain_ft_tests.adapter.conftest import World, records, tiny_llama

__all__ = ["records", "tiny_llama"]


class Trained:
    """A state root in which an adapter was trained."""

    def __init__(self, world: World) -> None:
        self.home, self.dataset, self.world = world.home, world.dataset, world
        self.tuned = TunedModel(world.fit(epochs=1).path, world.base, world.dataset)


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path, records: list[dict[str, Any]]) -> Trained:
    root = tmp_path_factory.mktemp("comparison") / "home"
    root.mkdir()
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(root)
    try:
        shutil.copytree(tiny_llama, root / "tiny_llama")
        return Trained(World(Home(root), records))
    finally:
        os.environ.pop(HOME_VARIABLE)
        if before is not None:
            os.environ[HOME_VARIABLE] = before


@pytest.fixture
def trained(trained_once: Trained, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.setenv(HOME_VARIABLE, str(trained_once.home.root))
    return trained_once
