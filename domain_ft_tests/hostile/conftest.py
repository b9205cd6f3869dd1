"""A place where hostile things lie, and worlds with a tiny dataset and model to be copied from."""

import shutil
from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.history.sample.write import write_sample
from domain_ft.store.home import Home
from domain_ft_tests.faults.campaign import SAMPLE, sample_words
from domain_ft_tests.faults.worker import BASE, tiny_domain
from domain_ft_tests.hostile.place import Place
from domain_ft_tests.tiny_model import make_tiny_model


@pytest.fixture
def place(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    folder = tmp_path / "place"
    folder.mkdir()
    return Place(folder, home, capsys)


@pytest.fixture(scope="session")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A state root with a tiny base model and a dataset."""
    home = Home(tmp_path_factory.mktemp("mined") / "home")
    home.root.mkdir()
    make_tiny_model(home.root / BASE, sample_words())
    stages.ingest(tiny_domain(), home, [write_sample(home.root.parent / "h.csv", **SAMPLE).path])
    stages.build_dataset(tiny_domain(), home)
    return home


@pytest.fixture(scope="session")
def trained(mined: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same with a model."""
    home = Home(tmp_path_factory.mktemp("trained") / "home")
    shutil.copytree(mined.root, home.root, symlinks=True)
    stages.train(tiny_domain(), home)
    return home
