"""A base model is found and looked at before anything is loaded; what is none is refused in one sentence."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain_ft.adapter.base_model import base_of_adapter, require_base, resolve_base_model
from domain_ft.errors import DomainFtError, InputError
from domain_ft.model_folders.digest import model_digest
from domain_ft.starter_lm import made
from domain_ft.starter_lm import recipe as recipes
from domain_ft.starter_lm.folder import starter_lm_folder
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder
from domain_ft_tests.llm.tiny_causal import with_fewer_embeddings
from domain_ft_tests.starter_lm.conftest import MOMENT
from domain_ft_tests.starter_lm.making_in_a_moment import MODULE, STEPS, recipe_of_steps

WEIGHTS = "model.safetensors"


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def with_pickled_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def of_another_architecture(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "architectures": ["BertModel"]}))


def with_an_architecture_that_is_a_number(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "architectures": 5}))


def without_architecture(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps({"model_type": "llama"}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (without_tokenizer, r"tiny_llama: holds no tokenizer \(tokenizer\.json\)"),
        (with_pickled_weights, r"pytorch_model\.bin: weights in a pickle, which can run code"),
        (of_another_architecture, r"config\.json: names BertModel, which writes no text; name a causal language model"),
        (with_an_architecture_that_is_a_number, r"config\.json: names 5, which writes no text"),
        (without_architecture, r"config\.json: names no architecture, which writes no text"),
        (shutil.rmtree, r"base_model: 'tiny_llama' is neither `starter`, nor a folder"),
    ],
)
def test_a_folder_that_is_no_causal_language_model_is_refused(
    world: Any, change: Callable[[Path], object], says: str
) -> None:
    change(world.base)
    with pytest.raises(InputError, match=says) as refused:
        world.job()
    assert "\n" not in str(refused.value)


def test_a_base_that_is_another_one_by_now_is_refused(world: Any) -> None:
    sha256 = model_digest(world.base)
    require_base(world.base, sha256, sha256)
    (world.base / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"tiny_llama: is another base model .* bring that one, or train anew"):
        require_base(world.base, model_digest(world.base), sha256)


def adapter_of(home: Home, name: str, sha256: str) -> Path:
    """A published adapter that was made for a base."""
    manifest = {"base_sha256": sha256, "settings": {"base_model": name, "base_revision": None}}
    return publish_folder(home.models("requirements") / "0123456789ab", lambda _: manifest)


def test_the_starter_of_an_adapter_is_found_when_there_is_another_recipe(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipes._RECIPES, "xs", MOMENT)
    starter = starter_lm_folder("xs", home)
    adapter = adapter_of(home, "starter-xs", model_digest(starter))
    monkeypatch.setitem(recipes._RECIPES, "xs", replace(MOMENT, seed=7))
    assert base_of_adapter(adapter, home).path == starter
    assert list(home.starter_lms.iterdir()) == [starter]


def alter(file: Path) -> None:
    """Turn bytes of a file around, so that its size stays."""
    content = bytearray(file.read_bytes())
    content[-400:] = bytes(255 - each for each in content[-400:])
    file.write_bytes(bytes(content))


@pytest.fixture
def starter(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter of today, that was altered since it was published."""
    monkeypatch.setattr(made, "MODULE", MODULE)
    monkeypatch.setenv(STEPS, "3")
    monkeypatch.setitem(recipes._RECIPES, "xs", recipe_of_steps(3))
    return starter_lm_folder("xs", home)


@pytest.mark.slow
def test_a_starter_of_today_that_was_altered_is_made_anew(home: Home, starter: Path) -> None:
    adapter, whole = adapter_of(home, "starter-xs", model_digest(starter)), (starter / WEIGHTS).read_bytes()
    alter(starter / WEIGHTS)
    assert base_of_adapter(adapter, home).path == starter
    assert (starter / WEIGHTS).read_bytes() == whole


def test_a_starter_of_an_earlier_recipe_that_was_altered_is_refused(
    home: Home, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = adapter_of(home, "starter-xs", model_digest(starter))
    monkeypatch.setitem(recipes._RECIPES, "xs", recipe_of_steps(4))
    alter(starter / WEIGHTS)
    with pytest.raises(DomainFtError, match=r"model\.safetensors: altered since it was published"):
        base_of_adapter(adapter, home)


def test_a_published_folder_that_was_altered_is_no_base(world: Any, starter: Path) -> None:
    shutil.copytree(starter, world.home.root / "copy")
    assert resolve_base_model("copy", None, world.home).path == world.home.root / "copy"
    alter(world.home.root / "copy" / WEIGHTS)
    with pytest.raises(DomainFtError, match=r"copy/model\.safetensors: altered since it was published"):
        resolve_base_model("copy", None, world.home)


def test_the_base_of_an_adapter_is_the_one_that_it_was_made_for(world: Any) -> None:
    adapter = adapter_of(world.home, "tiny_llama", model_digest(world.base))
    assert base_of_adapter(adapter, world.home).path == world.base
    with_fewer_embeddings(world.base, 300)
    with pytest.raises(InputError, match="tiny_llama: is another base model"):
        base_of_adapter(adapter, world.home)
