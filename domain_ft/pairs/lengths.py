"""How many texts of a dataset are longer than the model will read: what is cut is neither learned nor found by."""

from pathlib import Path

import polars as pl

from domain_ft.store.tables import read_table
from domain_ft.texts.tokens import token_counts

_MARKS = 2
"""Tokens that a model sets around a text."""


def cut_texts(dataset: Path, max_seq_length: int) -> tuple[str, ...]:
    """A sentence per kind of text (queries, and each target) of which some have more than this many tokens.

    Counted by the starter's tokenizer, without prefixes; each distinct text counts once.
    """
    triplets = read_table(dataset / "triplets.parquet", ["anchor", "positive", "target"])
    kinds = {"queries": triplets["anchor"]}
    for (target,), rows in triplets.sort("target").group_by("target", maintain_order=True):
        kinds[f"{target}s"] = rows["positive"]
    return tuple(said for kind, texts in kinds.items() if (said := _sentence(kind, texts.unique(), max_seq_length)))


def _sentence(kind: str, texts: pl.Series, most: int) -> str:
    cut = sum(count + _MARKS > most for count in token_counts(texts.to_list()))
    share = f"{cut:,} of {len(texts):,} {kind} ({cut / len(texts):.0%})"
    return f"{share} have more than {most} tokens, and are cut there (training.max_seq_length)" if cut else ""
