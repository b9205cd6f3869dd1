"""Domains and homes for the tests of the Dagster layer."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain_ft.components.launchpad import launchpad_config
from domain_ft.domain import Domain
from domain_ft.domains import DEFS_FOLDER, find_domain
from domain_ft.history.sample.write import write_sample
from domain_ft.instance import prepare_instance
from domain_ft.store.home import CHECKOUT, Home
from domain_ft_tests.tiny_model import make_tiny_model

MINIMAL = """\
type: domain_ft.components.EmbeddingDomain
attributes:
  name: my_history
  triplets: {max_triplets_per_test: 7}
  training: {epochs: 3, learning_rate: 3e-5}
  presets:
    smoke: {triplets: {sample_size: 100}, training: {epochs: 1, max_steps: 2}}
    full: {}
"""


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    """A domain with two presets."""
    file = tmp_path / "my_history" / "defs.yaml"
    file.parent.mkdir()
    file.write_text(MINIMAL)
    return Domain.load(file)


@pytest.fixture
def test_history() -> Domain:
    """The domain that ships."""
    return Domain.load(DEFS_FOLDER / "test_history" / "defs.yaml")


BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class World:
    """A state root with a Dagster instance on disk, and Dagster's commands on it."""

    home: Home

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a Dagster process of this world."""
        return {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "DOMAIN_FT_HOME": str(self.home.root),
            "DAGSTER_HOME": str(self.home.state / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            **more,
        }

    def dg(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a `dg` command to its end, in the checkout."""
        command = [str(BIN / "dg"), *arguments]
        return subprocess.run(
            command, cwd=CHECKOUT, env=self.environment(), capture_output=True, text=True, timeout=500, check=False
        )

    def config(self, **overrides: Any) -> dict[str, Any]:
        """Run config for the shipped domain: the tiny base model, and more overrides (`training__epochs=3`)."""
        named = {name.replace("__", "."): value for name, value in overrides.items()}
        tiny = {
            "training.base_model": "tiny",
            "training.max_seq_length": 16,
            "training.precision": "fp32",
            "training.device": "cpu",
            "training.batch_size": 8,
            "training.logging_steps": 1,
            "benchmark.resamples": 200,
        }
        return launchpad_config(find_domain("test_history"), tiny | named)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world made once for a file of tests."""
    home = Home(tmp_path_factory.mktemp("world"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home.state / "dagster"))
        prepare_instance(home)
    return World(home)


@pytest.fixture(scope="module")
def landed(world: World) -> World:
    """The same world, with what a training needs: a landed sample history and a tiny base model."""
    landing = world.home.landing("test_history")
    landing.mkdir(parents=True)
    write_sample(landing / "sample.csv", builds=150, tests=40, seed=1, signal=1.0)
    os.utime(landing / "sample.csv", (0, 0))
    make_tiny_model(world.home.root / "tiny")
    return world
