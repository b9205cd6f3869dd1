"""A world in which a small history has landed and been mined, and two tiny models lie about."""

from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.domain import EmbeddingDomain
from domain_ft.domains import find_embedding_domain
from domain_ft.history.sample.write import write_sample
from domain_ft.store.home import Home
from domain_ft_tests.tiny_model import make_tiny_model

OVERRIDES = {
    "triplets.minimum": 1,
    "training.base_model": "tiny",
    "training.device": "cpu",
    "training.max_seq_length": 16,
    "prioritization.semantic.model_name": "other",
    "prioritization.resamples": 100,
    "prioritization.random_orders": 2,
    "prioritization.learned": False,
}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "s.csv", builds=100, tests=40, seed=1, signal=1.0).path


@pytest.fixture
def domain() -> EmbeddingDomain:
    return find_embedding_domain("test_history").with_overrides(OVERRIDES)


@pytest.fixture
def mined(home: Home, domain: EmbeddingDomain, sample: Path) -> Home:
    """A state root with raw tables, a dataset, and the models `tiny` and `other`."""
    make_tiny_model(home.root / "tiny")
    make_tiny_model(home.root / "other", seed=1)
    stages.ingest(domain, home, [sample])
    stages.build_dataset(domain, home)
    return home
