"""A folder whose model would run code of its own, or is not whole, is refused by the file that says so."""

import json
from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.model_folders.check import check_model_folder
from domain_ft.store.home import Home


def test_weights_in_a_pickle_are_refused_by_name(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"mine/pytorch_model.bin: weights in a pickle"):
        check_model_folder(folder)


def test_a_module_whose_weights_are_a_pickle_is_refused(folder: Path) -> None:
    (folder / "1_Pooling" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match=r"1_Pooling/pytorch_model.bin: weights in a pickle"):
        check_model_folder(folder)


def test_a_config_that_asks_for_its_own_code_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(InputError, match=r"config.json: asks for code of its own \(auto_map\)"):
        check_model_folder(folder)


def test_a_module_of_another_package_is_refused(folder: Path) -> None:
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "evil.Module"}]))
    with pytest.raises(InputError, match=r"modules.json: asks for code of its own \(evil.Module\)"):
        check_model_folder(folder)


def test_a_folder_that_is_no_model_is_refused(home: Home) -> None:
    (home.root / "empty").mkdir()
    with pytest.raises(InputError, match="empty: not a model folder"):
        check_model_folder(home.root / "empty")


def test_a_folder_without_weights_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="holds no weights"):
        check_model_folder(folder)
