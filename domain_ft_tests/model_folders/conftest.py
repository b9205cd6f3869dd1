"""A small model in a folder under the state root."""

import shutil
from pathlib import Path

import pytest

from domain_ft.store.home import Home
from domain_ft_tests.embedding.conftest import tiny_bert, world

__all__ = ["tiny_bert", "world"]


@pytest.fixture
def folder(home: Home, tiny_bert: Path) -> Path:
    """A local model folder under the state root."""
    return Path(shutil.copytree(tiny_bert, home.root / "mine"))
