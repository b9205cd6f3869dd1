"""A model is found by its folder or by its hub id, and nowhere else."""

import shutil
import time
from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.model_folders.digest import model_digest
from domain_ft.model_folders.find import resolve_model
from domain_ft.store.home import Home


def test_a_local_folder_is_found_relative_to_the_state_root(home: Home, folder: Path) -> None:
    assert resolve_model("mine", None, home, "base_model").path == folder


def test_a_folder_outside_the_allowed_roots_is_refused(home: Home, tiny_bert: Path) -> None:
    with pytest.raises(InputError, match="outside the folders that may be read"):
        resolve_model(str(tiny_bert), None, home, "base_model")


def test_a_name_that_is_nothing_is_refused(home: Home) -> None:
    with pytest.raises(
        InputError, match=r"'startr' is neither `starter`, nor a folder .*, nor a hub id \(owner/name\)$"
    ):
        resolve_model("startr", None, home, "base_model")


def test_a_hub_that_cannot_be_reached_is_a_sentence_that_says_how_to_do_without(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    start = time.monotonic()
    with pytest.raises(InputError, match=r"cannot be reached for some/model .* `hf download some/model") as error:
        resolve_model("some/model", None, home, "base_model")
    assert time.monotonic() - start < 20
    assert "\n" not in str(error.value)


def test_a_hub_model_that_was_downloaded_before_needs_no_hub(
    home: Home, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    kept = home.cache / "hub" / "models--some--model"
    shutil.copytree(tiny_bert, kept / "snapshots" / ("a" * 40))
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("a" * 40)
    base = resolve_model("some/model", None, home, "base_model")
    assert base.path == kept / "snapshots" / ("a" * 40)
    assert base.sha256 == model_digest(tiny_bert)
