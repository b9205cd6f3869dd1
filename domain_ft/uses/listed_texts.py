"""The texts that a command looks at: a domain's passages or queries, or those of a file; and their embeddings.

They are put in an order of their own, so that what is found among them does not depend on how they were listed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from domain_ft.amounts import counted
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import InputError
from domain_ft.json_text import RefusedLineError, parse_plain
from domain_ft.progress import Progress
from domain_ft.safe_text import brief, require_text
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.vectors import FloatArray
from domain_ft.uses.text_lines import plain_text, text_lines, told
from domain_ft.uses.used_model import UsedModel
from domain_ft.words import normalized

Side = Literal["passages", "queries"]
_AT_ONCE = 2048
"""Texts encoded between two words of progress; what was encoded is remembered, so a kill costs no more than these."""


@dataclass(frozen=True)
class ListedTexts:
    """Texts with a name each, by the texts."""

    called: str
    names: tuple[str, ...]
    texts: tuple[str, ...]
    parts: tuple[str | None, ...]
    """Sub-domain, scope or document of each, where that is known."""
    side: Side
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)


def listed_texts(
    domain: EmbeddingDomain, home: Home, side: Side | None = None, file: Path | None = None, column: str | None = None
) -> ListedTexts:
    """Those of a file, or else of the domain; InputError where there are none, or both are named."""
    if file is not None:
        if side is not None:
            raise InputError(f"--texts {side}: {file} says which texts; leave one of --texts and --from out")
        return _in_order(texts_of_file(file, column))
    if column is not None:
        raise InputError(f"--column {column}: is for the file of --from; leave it out, or name a file")
    return _in_order(texts_of_domain(domain, home, side or "passages"))


def asked_texts(typed: Sequence[str], file: Path | None = None, column: str | None = None) -> ListedTexts:
    """Queries as they were typed, or those of a file, in their order; InputError for an empty one, or for both."""
    if file is not None:
        if typed:
            raise InputError(f"--from {file}: is for queries that are not typed; leave one of the two out")
        return replace(texts_of_file(file, column), side="queries")
    if column is not None:
        raise InputError(f"--column {column}: is for the file of --from; leave it out, or name a file")
    for number, text in enumerate(typed, 1):
        if not text.strip():
            raise InputError(f"query {number} is empty; leave it out, or say what is asked")
        require_text(text, f"query {number}")
    names = tuple(f"query {number}" for number in range(1, len(typed) + 1))
    return ListedTexts("typed queries", names, tuple(typed), (None,) * len(names), "queries")


def texts_of_domain(domain: EmbeddingDomain, home: Home, side: Side) -> ListedTexts:
    """The passages or the queries of the newest tables."""
    from domain_ft.uses.domain_texts import domain_texts

    found = domain_texts(domain, home)
    called = f"{side} of {domain.name}"
    if side == "queries":
        names = tuple(short(sha256_json(text)) for text in found.queries)
        return ListedTexts(called, names, found.queries, (None,) * len(names), side)
    rows = found.passages
    parts = (part or source for part, source in rows.select("part", "source").iter_rows())
    return ListedTexts(called, tuple(rows["passage_id"]), tuple(rows["text"]), tuple(parts), side)


def texts_of_file(file: Path, column: str | None = None) -> ListedTexts:
    """One text a line (.txt), or a column of JSON objects, one a line (.jsonl); InputError where no text is there.

    A line that cannot be read is left out, and a note counts them and names the first.
    """
    if file.suffix.casefold() not in (".txt", ".jsonl"):
        raise InputError(f"{brief(str(file))}: expected a .txt with a text a line, or a .jsonl with --column")
    of_kind = plain_text if file.suffix.casefold() == ".txt" else _cells(column or "text")
    if column is not None and of_kind is plain_text:
        raise InputError(f"--column {column}: {file} is no .jsonl, and has no columns; leave it out")
    found, refused = [], []
    for number, line in text_lines(file):
        try:
            if text := of_kind(line):
                found.append((f"line {number}", text))
        except RefusedLineError as error:
            refused.append((number, error))
    if not found:
        raise InputError(f"{file}: holds no text{_first(refused)}; expected one a line")
    notes = (f"{counted(len(refused), 'lines')} of {file} left out{_first(refused)}",) if refused else ()
    names, texts = zip(*found, strict=True)
    return ListedTexts(f"texts of {file.name}", names, texts, (None,) * len(names), "passages", notes)


def embeddings_of(
    listed: ListedTexts, used: UsedModel, progress: Progress, chosen: tuple[int, ...] | None = None
) -> FloatArray:
    """Unit-length embeddings (n, d) of the texts, or of the chosen ones: as queries or as passages, remembered."""
    texts = listed.texts if chosen is None else tuple(listed.texts[place] for place in chosen)
    encode = used.encode_queries if listed.side == "queries" else used.encode_passages
    parts = []
    for start in range(0, len(texts), _AT_ONCE):
        progress("encode", start, len(texts))
        parts.append(encode(texts[start : start + _AT_ONCE]))
    progress("encode", len(texts), len(texts))
    return np.concatenate(parts)


def _cells(column: str) -> Callable[[bytes], str]:
    return lambda line: _cell(parse_plain(line), column).strip()


def _cell(row: dict[str, object], column: str) -> str:
    value = row.get(column)
    if not isinstance(value, str):
        there = ", ".join(name for name, cell in row.items() if isinstance(cell, str)) or "none"
        raise RefusedLineError("no text there", f"the texts of that line: {there}", column)
    return value


def _first(refused: list[tuple[int, RefusedLineError]]) -> str:
    if not refused:
        return ""
    number, first = refused[0]
    return f" (line {number}, {told(first)})"


def _in_order(listed: ListedTexts) -> ListedTexts:
    """By their texts as they count as the same, then as they are, then by name (line 9 before line 10)."""
    if not listed.texts:
        raise InputError(f"{listed.called}: there are none yet; ingest some, or name a file with --from")
    keys = [(normalized(text), text, len(name), name) for text, name in zip(listed.texts, listed.names, strict=True)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    names, texts, parts = (tuple(each[place] for place in order) for each in (listed.names, listed.texts, listed.parts))
    return replace(listed, names=names, texts=texts, parts=parts)  # type: ignore[arg-type]
