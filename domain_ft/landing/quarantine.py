"""Where rejected rows are kept: each with its file, line, column, rule, raw text, and what to do about it.

A source file's rows lie in a folder of their own, named by the file's content, so that reading it again with better
settings replaces what was said about it before.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from domain_ft.json_text import JSON_LINE_BYTES
from domain_ft.landing.limits import CELL_BYTES, CSV_ROW_BYTES
from domain_ft.landing.rows import FOUND
from domain_ft.landing.values import LAST_BUILD
from domain_ft.store.digests import short
from domain_ft.store.publish import is_published, publish_folder

QUARANTINE = pl.Schema({**FOUND, "advice": pl.String()})
ROWS_FILE = "rejected.parquet"
ADVICE = {
    "too_few_cells": "give the row a cell for each column of the header",
    "too_many_cells": "quote cells that hold the delimiter, so that the row has as many cells as the header",
    "bad_utf8": "save the file as UTF-8",
    "bad_quoting": 'close the quote; a quote inside a quoted cell is written twice ("")',
    "row_too_long": "check for a quote or a line that never ends, or shorten the row (CSV: to at most "
    f"{CSV_ROW_BYTES:,} bytes, JSONL: {JSON_LINE_BYTES:,})",
    "not_readable": "correct the row",
    "json_invalid": "write one JSON object per line",
    "json_not_object": "write one JSON object per line",
    "json_duplicate_key": "give each key of an object once",
    "json_not_finite": "write null in place of NaN and Infinity, which JSON does not know",
    "json_too_deep": "write lists and objects less deeply nested",
    "json_bad_unicode": "remove the lone half of a surrogate pair",
    "xml_unreadable": "run the job again, so that its report is written whole",
    "xml_forbidden": "write the report without a DOCTYPE; entities are not read",
    "xml_too_large": "hand in a report of fewer or smaller elements; captured output may be of any length",
    "xml_not_junit": "hand in JUnit reports only (root testsuites or testsuite)",
    "commit_missing": "give the report a property that names its build or commit (source.build_property)",
    "commit_unknown": "fetch the commit into source.repository, or correct the report's property",
    "not_text": "write one text in the cell, not a list, an object, or true or false",
    "cell_too_long": f"shorten the cell to at most {CELL_BYTES:,} bytes",
    "query_missing": "fill in the query",
    "concept_missing": "fill in the concept",
    "requirements_missing": "fill in the requirements of the concept",
    "passage_missing": "fill in the passage that answers the query",
    "query_too_short": "ask in a sentence, or lower source.audit.least_query_words",
    "passage_too_short": "hand in a passage that says something, or lower source.audit.least_passage_words",
    "query_too_long": "shorten the query, or raise source.audit.most_tokens",
    "passage_too_long": "cut the passage into several, or raise source.audit.most_tokens",
    "mojibake": "decode the source by its own encoding, or mend the text with ftfy",
    "template_query": "ask what a person would ask, in a sentence about the passage",
    "page_marker": "remove page numbers and ruled lines from the text",
    "dot_leaders": "leave out tables of contents",
    "query_equals_passage": "give a passage that answers the query, not the query itself",
    "negative_equals_positive": "give a negative that does not answer the query, or none",
    "build_missing": "fill in the build's identifier",
    "build_not_numbered": f"number the builds by whole numbers from 0 to {LAST_BUILD}, or name the column of "
    "their start under source.columns.started",
    "test_missing": "fill in the test's identifier",
    "test_text_missing": "say in words what the test does (summary or steps)",
    "verdict_unknown": "map the word to pass, fail, error, skipped or blocked under source.verdicts",
    "date_missing": "fill in when the build's tests started",
    "date_unparsable": "write the start as ISO 8601 (2024-05-31T08:15:00Z) or as epoch seconds",
    "duration_unparsable": "write the duration in seconds, as a number",
    "duration_negative": "write the duration in seconds, zero or more",
    "scope_conflict": "an identifier belongs to the scope it was first seen in; make it unique across scopes",
}
"""Every rule by its name in the quarantine, and what to do about a row that breaks it."""


@dataclass(frozen=True)
class Quarantined:
    """What was rejected of one source: its folder (None where nothing was) and how many rows broke which rule."""

    folder: Path | None
    rules: dict[str, int]

    @property
    def rows(self) -> int:
        """Rows in the folder."""
        return sum(self.rules.values())


def quarantine_rows(
    quarantine: Path, found: Iterator[pl.DataFrame], *, name: str, sha256: str, mapping_digest: str
) -> Quarantined:
    """Keep the rejected rows of the source `name` under `quarantine`; where there are none, what was there goes."""
    folder = quarantine / short(sha256)
    if is_published(folder):
        _remove(folder)
    first = next((frame for frame in found if frame.height), None)
    if first is None:
        return Quarantined(None, {})
    rules: dict[str, int] = {}

    def write(beside: Path) -> dict[str, Any]:
        schema = QUARANTINE.to_frame().to_arrow().schema
        with pq.ParquetWriter(beside / ROWS_FILE, schema, compression="zstd") as writer:
            for frame in _chain(first, found):
                for rule, count in frame["rule"].value_counts().iter_rows():
                    rules[rule] = rules.get(rule, 0) + count
                writer.write_table(_advised(frame).to_arrow().cast(schema))
        entries = {"kind": "quarantine", "source": name, "sha256": sha256, "mapping_digest": mapping_digest}
        return {**entries, "rejected": sum(rules.values()), "rules": rules}

    return Quarantined(publish_folder(folder, write), rules)


def read_quarantine(folder: Path) -> pl.DataFrame:
    """The rejected rows of a domain's quarantine, or of one source's folder in it; schema `QUARANTINE`."""
    folders = [folder] if is_published(folder) else sorted(path for path in folder.glob("[!.]*") if is_published(path))
    frames = [pl.read_parquet(path / ROWS_FILE, glob=False) for path in folders]
    return pl.concat([QUARANTINE.to_frame(), *frames])


def _advised(found: pl.DataFrame) -> pl.DataFrame:
    advice = pl.col("rule").replace_strict(list(ADVICE), list(ADVICE.values()), return_dtype=pl.String)
    return found.with_columns(advice.alias("advice"))


def _chain(first: pl.DataFrame, rest: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield first
    yield from rest


def _remove(folder: Path) -> None:
    """Remove a published folder: first out of sight, then file by file."""
    hidden = folder.with_name(f".unfinished-{folder.name}-old")
    shutil.rmtree(hidden, ignore_errors=True)
    folder.rename(hidden)
    shutil.rmtree(hidden)
