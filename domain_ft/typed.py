"""What a person types at the terminal: meant from where they stand, and trusted for reading.

Paths out of a YAML or the Launchpad are held to the folders that may be read; these are let in, for this process and
for those that it starts.
"""

from collections.abc import Sequence
from pathlib import Path

from domain_ft.domain import parse_override
from domain_ft.embedding.starter import STARTER
from domain_ft.errors import InputError
from domain_ft.store.home import folder_named, trust_folder

MODELS = ("training.base_model", "training.hard_negatives_cross_encoder")
"""Settings that may name a model's folder."""


def typed_settings(texts: Sequence[str]) -> list[str]:
    """`--set` as typed, but a model's folder by its absolute path."""
    return [_typed_setting(text) for text in texts]


def typed_file(file: Path) -> Path:
    """A file by its absolute path; InputError where there is none."""
    if not file.exists():
        raise InputError(f"{file}: no such file")
    trust_folder(file)
    return file.resolve()


def _typed_setting(text: str) -> str:
    name, value = parse_override(text)
    folder = folder_named(value, Path()) if name in MODELS and value not in (None, STARTER) else None
    if folder is None:
        return text
    trust_folder(folder)
    return f"{name}={folder.resolve()}"
