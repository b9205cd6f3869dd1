"""The prefixes that a model wants before a query and before a passage, such as e5's `query: `.

They are settled once, before a training is named, from the settings, the base model's own prompts, or its family's
habit; from then on job, manifest and published model hold the texts themselves. No torch is needed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from domain_ft.embedding.examples import OTHER_ANCHOR
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.errors import InputError
from domain_ft.store.vectors import Prefixes

FAMILIES: dict[str, Prefixes] = {
    "none": Prefixes(),
    "e5": Prefixes("query: ", "passage: "),
    "bge": Prefixes("Represent this sentence for searching relevant passages: ", ""),
    "nomic": Prefixes("search_query: ", "search_document: "),
}
_NAMES = {
    "e5": re.compile(r"(multilingual-)?e5-(small|base|large)(-v2)?(-unsupervised)?", re.ASCII | re.IGNORECASE),
    "bge": re.compile(r"bge-(small|base|large)-en(-v1\.5)?", re.ASCII | re.IGNORECASE),
    "nomic": re.compile(r"nomic-embed-text-v\d[\w.-]*", re.ASCII | re.IGNORECASE),
}
"""The models of a family, by the last part of a hub id or folder; others of the maker may want other prefixes."""
_CONFIG = "config_sentence_transformers.json"
_QUERY = ("query", "search_query")
_PASSAGE = ("document", "passage", "corpus", "search_document")


def resolve_prefixes(settings: TrainingSettings, base_name: str, base: Path) -> Prefixes:
    """The prefixes to train with: what the settings say; else the model's own prompts; else its family's; else none.

    InputError where the base model's prompts cannot be read.
    """
    if settings.prefixes == "auto":
        found = _own_prompts(base / _CONFIG) or FAMILIES[_family(base_name)]
    else:
        found = FAMILIES[settings.prefixes]
    return Prefixes(
        found.query if settings.query_prefix is None else settings.query_prefix,
        found.passage if settings.passage_prefix is None else settings.passage_prefix,
    )


def column_prefixes(made_from: Literal["history", "pairs"], prefixes: Prefixes) -> dict[str, str]:
    """What stands before the texts of a column of triplets or labelled pairs.

    Of a history a change is the query and a test the passage; of pairs the anchor is the query.
    """
    anchor, partner = (
        (prefixes.passage, prefixes.query) if made_from == "history" else (prefixes.query, prefixes.passage)
    )
    return {"anchor": anchor, OTHER_ANCHOR: anchor, "positive": partner, "negative": partner, "other": partner}


def published_prompts(prompts: Mapping[str, str], prefixes: Prefixes) -> dict[str, str]:
    """A model's prompts with these prefixes under the names by which people ask for them: query, document, passage."""
    return {**prompts, "query": prefixes.query, "document": prefixes.passage, "passage": prefixes.passage}


def published_prefixes(manifest: Mapping[str, Any]) -> Prefixes:
    """The prefixes that a published model was trained with."""
    return Prefixes(**manifest.get("prefixes", {}))


def manifest_entry(prefixes: Prefixes) -> dict[str, str]:
    """The prefixes as a manifest holds them."""
    return asdict(prefixes)


def _family(name: str) -> str:
    last = name.rstrip("/").rpartition("/")[2]
    return next((family for family, names in _NAMES.items() if names.fullmatch(last)), "none")


def _own_prompts(config: Path) -> Prefixes | None:
    """What a model's own configuration says; None where it says nothing of queries and passages."""
    if not config.is_file():
        return None
    try:
        prompts = json.loads(config.read_bytes()).get("prompts") or {}
        own = Prefixes(_first(prompts, _QUERY), _first(prompts, _PASSAGE))
    except (ValueError, AttributeError, RecursionError):
        raise InputError(f"{config}: its prompts cannot be read; copy the model again, or correct them") from None
    return None if own == Prefixes() else own


def _first(prompts: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first prompt of these names that is not empty."""
    found = next((prompts.get(name) for name in names if prompts.get(name)), "")
    if not isinstance(found, str):
        raise ValueError
    return found
