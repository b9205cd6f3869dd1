"""Finding the model that a setting names, without torch, so that a process can name what it asks a child to train."""

import re
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.model_folders.check import check_model_folder
from domain_ft.model_folders.digest import model_digest
from domain_ft.model_folders.hub import download_model
from domain_ft.safe_text import brief
from domain_ft.store.home import Home, folder_named, readable_path

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class BaseModel:
    """A model to start from: what the settings call it, the folder that holds it, the digest of its content."""

    name: str
    path: Path
    sha256: str


def resolve_model(name: str, revision: str | None, home: Home, setting: str) -> BaseModel:
    """Find a local folder or a hub id that a setting names, and check that it can be used."""
    if folder_named(name, home.root):
        path = readable_path(name, home)
        for file in path.rglob("*"):
            readable_path(str(file), home)
    elif _HUB_ID.fullmatch(name):
        path = download_model(name, revision, home.cache / "hub", setting)
    else:
        shown, first = brief(name, 200), "`starter`, nor " if setting == "base_model" else ""
        raise InputError(
            f"{setting}: {shown!r} is neither {first}a folder (looked for {home.root / shown}), nor a hub id "
            "(owner/name)"
        )
    check_model_folder(path)
    return BaseModel(name, path, model_digest(path))
