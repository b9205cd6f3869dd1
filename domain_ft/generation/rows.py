"""Pairs as rows that land: under the domain's own column names, with where they come from and what made them.

Ids are digests of what a row says and where it stands, so the same document gives the same rows on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.documents.passages import Passage
from domain_ft.landing.settings import PairColumns
from domain_ft.store.digests import sha256_json, short


@dataclass(frozen=True)
class MadePair:
    """A query with the passage that answers it, as rules or a model made it."""

    query: str
    passage: Passage
    maker: str
    """The model's tag, or `rules`."""
    answer: str | None = None
    """The answer in a model's words."""
    negative: str | None = None
    """A passage of the same document that does not answer."""
    rule: str | None = None
    """The rule that made the query."""
    created_at: str | None = None
    """When a model answered."""


@dataclass(frozen=True)
class Origin:
    """The document of a row."""

    file_name: str
    title: str
    sub_domain: str | None
    """The folder that it lay in, below the folder of documents."""


def texts_of(pair: MadePair, columns: PairColumns) -> tuple[str, str, str | None, str | None]:
    """Query, passage, context and negative of a pair, as the domain's columns hold them."""
    if pair.answer is not None and columns.context is not None:
        return pair.query, pair.answer, pair.passage.text, pair.negative
    return pair.query, pair.passage.text, None, pair.negative


def pair_row(pair: MadePair, origin: Origin, columns: PairColumns) -> dict[str, Any]:
    """A row of a landing file: all of the domain's columns, and beside them what there is.

    Where the domain has a column for contexts, a model's answer is the passage and the text that it was asked about
    the context; else the text is the passage, and the answer stands beside it as `answer`.
    """
    query, passage, context, negative = texts_of(pair, columns)
    mapped: Mapping[str | None, Any] = {
        columns.query: query,
        columns.passage: passage,
        columns.context: context,
        columns.negative: negative,
        columns.group: origin.file_name,
        columns.sub_domain: origin.sub_domain,
    }
    said = [origin.file_name, pair.query, pair.answer, pair.passage.text, pair.negative, pair.maker]
    beside: Mapping[str, Any] = {
        "id": short(sha256_json(said)),
        "answer": pair.answer,
        "file_name": origin.file_name,
        "line": pair.passage.line,
        "page": pair.passage.page,
        "section": " > ".join(pair.passage.section) or None,
        "model": pair.maker,
        "rule": pair.rule,
        "synthetic": True,
        "hard_negative": True if pair.negative is not None else None,
        "created_at": pair.created_at,
    }
    named = {name: value for name, value in mapped.items() if name is not None}
    return {**{name: value for name, value in beside.items() if value is not None}, **named}
