"""A folder for each test of pairs."""

from pathlib import Path

import pytest

from domain_ft_tests.pairs.landed_pairs import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
