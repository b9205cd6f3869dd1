"""A project in a git repository, and a ranking that the test decides on."""

from pathlib import Path

import pytest

from domain_ft.store.home import Home
from domain_ft_tests.pytest_project import Project


@pytest.fixture
def project(tmp_path: Path, home: Home) -> Project:
    return Project.make(tmp_path / "shop", home.root, tmp_path / "ranking")
