"""The starter base model of tests, made once for all of them: import `starter_xs` into a conftest to have it."""

import os
from pathlib import Path

import pytest

from domain_ft.starter_lm.folder import starter_lm_folder
from domain_ft.store.home import Home


@pytest.fixture(scope="session")
def starter_xs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `starter-xs`; copy it where a test changes it. Processes of one test run share it."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    return starter_lm_folder("xs", Home(root / "starter-home"))
