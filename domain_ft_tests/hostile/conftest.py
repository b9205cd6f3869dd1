"""A place where hostile things lie."""

from pathlib import Path

import pytest

from domain_ft.store.home import Home
from domain_ft_tests.hostile.place import Place


@pytest.fixture
def place(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    folder = tmp_path / "place"
    folder.mkdir()
    return Place(folder, home, capsys)
