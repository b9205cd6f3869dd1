"""A domain of manuals with a model small enough to embed its passages at once, and champions that appear by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

from domain_ft import stages
from domain_ft.domain import EmbeddingDomain
from domain_ft.domains import find_embedding_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder
from domain_ft_tests.tiny_model import make_tiny_model

NAME = "manuals"
TINY = find_embedding_domain(NAME).with_overrides(
    {"training.base_model": "tiny", "training.max_seq_length": 16, "training.device": "cpu", "triplets.minimum": 10}
)
_THINGS = ("pump", "belt", "valve", "gear", "filter", "bearing", "motor", "hose", "switch", "lamp", "door", "wheel")
_DEEDS = ("cleaned", "changed", "tested", "oiled", "closed")


def rows() -> list[dict[str, Any]]:
    """Pairs about every part of a machine and all that is done to it, in two manuals."""
    return [
        {
            "query": f"how is the {thing} {deed}",
            "positive": f"The {thing} is {deed} with tool {place}{number} before the shift ends.",
            "domain": "cranes" if place % 2 else "presses",
        }
        for place, thing in enumerate(_THINGS)
        for number, deed in enumerate(_DEEDS)
    ]


def land(home: Home, more: list[dict[str, Any]] | None = None) -> None:
    """Land the pairs, or others."""
    file = home.root / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (rows() if more is None else more)))
    stages.ingest(TINY, home, [file])


def small_world(home: Home) -> EmbeddingDomain:
    """Landed pairs, and a base model; returns the domain."""
    make_tiny_model(home.root / "tiny", [*_THINGS, *_DEEDS])
    land(home)
    return TINY


def crown(home: Home, dataset: Path, version: str = "aaaaaaaaaaaa", seed: int = 1) -> Path:
    """Publish a model as if it had been trained on a dataset, and make it the champion."""
    made = home.root / f"made-{version}"
    make_tiny_model(made, _THINGS, seed=seed)

    def write(folder: Path) -> dict[str, Any]:
        shutil.copytree(made, folder, dirs_exist_ok=True)
        return {"version": version, "settings": {"max_seq_length": 16}, "dataset": dataset.name}

    folder = publish_folder(home.models(NAME) / version, write)
    point(home.models(NAME) / "champion", version)
    return folder
