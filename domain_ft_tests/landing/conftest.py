"""A world and a repository for each landing test."""

from pathlib import Path

import pytest

from domain_ft_tests.landing_world import Repository, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    path = tmp_path / "repository"
    path.mkdir()
    made = Repository(path)
    made.git("init", "-q")
    return made
