"""Folders typed at the terminal are meant from there, and may be read."""

import os
from pathlib import Path

import pytest

from domain_ft.store.home import READ_ROOTS_VARIABLE
from domain_ft.typed import MODELS, typed_settings


@pytest.mark.parametrize("name", MODELS)
def test_a_model_s_folder_is_meant_from_where_one_stands(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READ_ROOTS_VARIABLE, "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert typed_settings([f"{name}=mine", f"{name}=not/here", "training.epochs=2"]) == [
        f"{name}={tmp_path / 'mine'}",
        f"{name}=not/here",
        "training.epochs=2",
    ]
    assert os.environ[READ_ROOTS_VARIABLE] == str(tmp_path / "mine")
