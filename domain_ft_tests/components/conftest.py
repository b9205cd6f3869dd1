"""Domains and homes for the tests of the Dagster layer."""

from pathlib import Path

import pytest

from domain_ft.domain import DEFS_FOLDER, Domain

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
