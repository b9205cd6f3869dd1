"""What a surveyed model is called: an Ollama tag, or the path of a folder that transformers reads.

A path begins with `./`, `../`, `/` or `~/`, which no tag does, so that neither can be taken for the other.
"""

import re

from domain_ft.embedding.base_choice import BaseChoice

_PATH = ("./", "../", "/", "~/")
_TAG = re.compile(r"(?:[A-Za-z0-9][\w.:-]*/)*[A-Za-z0-9][\w.-]*(?::[\w.-]+)?", re.ASCII)
_LATEST = ":latest"
_DOTS = re.compile(r"\.{2,}")


def is_folder(model: str) -> bool:
    """Whether a name is the path of a folder, and not a tag."""
    return model.startswith(_PATH)


def checked_model(text: str) -> str:
    """A model's name without the space around it; ValueError says what is wrong with it."""
    model = text.strip()
    if is_folder(model):
        if not BaseChoice(model).key:
            raise ValueError("its last part has no letter or digit to name it by; use a folder that has")
    elif not _TAG.fullmatch(model):
        raise ValueError(
            "is neither a tag of Ollama, such as qwen2.5:7b-instruct, nor the path of a folder, such as ./models/mine"
        )
    return model


def partition_key(model: str) -> str:
    """A short name of its own: a tag as it is (but for `:latest`), of a folder the last part.

    Dagster allows every character of a tag in a partition key, but no three dots in a row.
    """
    return BaseChoice(model).key if is_folder(model) else _DOTS.sub(".", model.removesuffix(_LATEST))
