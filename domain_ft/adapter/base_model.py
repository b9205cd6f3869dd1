"""The causal language model that an adapter is trained for: found, and looked at before any library opens it."""

import json
from collections.abc import Callable
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.model_folders.digest import model_digest
from domain_ft.model_folders.find import BaseModel, resolve_model
from domain_ft.progress import Progress, silent
from domain_ft.safe_text import brief
from domain_ft.starter_lm.made import made_starter_lm
from domain_ft.starter_lm.recipe import Size, recipe_of, starter_size
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, read_manifest, verify_folder
from domain_ft.training.supervise import never

_GENERATES = ("ForCausalLM", "LMHeadModel")
"""How architectures are called that go on with a text."""
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")


def resolve_base_model(
    name: str,
    revision: str | None,
    home: Home,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> BaseModel:
    """Find `starter` (made in minutes the first time, by a process of its own), a local folder or a hub id, and check
    that it writes text; DomainFtError where it was altered since it was published, TrainingStoppedError where the
    making is cancelled."""
    size = starter_size(name)
    if size is not None:
        return _starter(name, size, home, progress, cancelled)
    found = resolve_model(name, revision, home, "base_model")
    check_causal_folder(found.path)
    if is_published(found.path):  # its digest is then what its manifest says
        verify_folder(found.path)
    return found


def base_of_adapter(adapter: Path, home: Home, progress: Progress = silent) -> BaseModel:
    """The base that a published adapter was made for, as it lies on this machine.

    A starter is found by what it computes with, for the recipe of its name may be another one by now. InputError where
    what its settings name is another base, DomainFtError where it was altered since it was published; the starter of
    today's recipe is then made anew.
    """
    manifest = read_manifest(adapter)
    settings, sha256 = manifest["settings"], manifest["base_sha256"]
    name = settings["base_model"]
    size = starter_size(name)
    today = recipe_of(size).digest if size else None
    for folder in home.starter_lms.glob("*") if size else ():
        if folder.name != today and is_published(folder) and model_digest(folder) == sha256:
            verify_folder(folder)
            return BaseModel(name, folder, sha256)
    found = resolve_base_model(name, settings["base_revision"], home, progress)
    require_base(found.path, found.sha256, sha256)
    return found


def _starter(name: str, size: Size, home: Home, progress: Progress, cancelled: Callable[[], bool]) -> BaseModel:
    """The demonstration model, made where it is not there as it was published."""
    folder = made_starter_lm(size, home, progress=progress, cancelled=cancelled)
    return BaseModel(name, folder, model_digest(folder))


def check_causal_folder(folder: Path) -> None:
    """Refuse a model's folder that has no tokenizer, or whose model does not write text; no torch is needed to ask."""
    config = folder / "config.json"
    try:
        found = json.loads(config.read_bytes())
    except (OSError, ValueError):
        raise InputError(f"{config}: cannot be read as a model's configuration; copy the whole model there") from None
    named = found.get("architectures") if isinstance(found, dict) else None
    kinds = named if isinstance(named, list) else [] if named is None else [named]
    if not any(str(kind).endswith(_GENERATES) for kind in kinds):
        said = brief(", ".join(map(str, kinds)) or "no architecture")
        raise InputError(f"{config}: names {said}, which writes no text; name a causal language model (...ForCausalLM)")
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise InputError(f"{folder}: holds no tokenizer (tokenizer.json); copy the whole model there")


def is_demonstration(base: Path) -> bool:
    """Whether a base model says of itself that it is made to try things with, and for nothing else."""
    return is_published(base) and bool(read_manifest(base).get("demonstration"))


def require_base(base: Path, found: str, asked: str) -> None:
    """InputError where a base model's folder, whose digest was found, is not the one that an adapter, or its job, was
    made for."""
    if found != asked:
        raise InputError(
            f"{base}: is another base model (sha256 {found}) than the one asked for (sha256 {asked}); "
            "bring that one, or train anew"
        )
