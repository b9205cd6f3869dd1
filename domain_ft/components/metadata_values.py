"""How a value becomes metadata that a person can read in the Dagster UI: rounded, in lines that fit, in narrow tables.

A wide table pushes everything else on the page out of sight, and a value as wide as the table would be cut.
Imported by the steps, not by definitions.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from domain_ft.resources.plots import rounded

Figures = dict[str, Any]
_MARKUP = re.compile(r"[\\`*_\[\]<>#|~]")
LONGEST = 160
LINE = 46
"""Characters of a metadata value that are to be seen in a window of 1440 pixels."""


def sentence(text: str) -> dg.MarkdownMetadataValue:
    """A sentence that may be long, in lines that fit the page: a value as wide as the widest table would be cut."""
    lines = textwrap.wrap(text, LINE, break_long_words=False, break_on_hyphens=False)
    return dg.MetadataValue.md("  \n".join(_MARKUP.sub(r"\\\g<0>", line) for line in lines))


def listed_sentences(sentences: Sequence[str]) -> dg.MarkdownMetadataValue:
    """Sentences as a list, in lines that fit the page."""
    return dg.MetadataValue.md("\n".join(f"- {sentence(each).md_str}" for each in sentences) or "none")


def note_figures(notes: Sequence[str]) -> Figures:
    """What a person should know of a result, where there is something."""
    return {"notes": listed_sentences(notes)} if notes else {}


def rounded_figures(numbers: Mapping[str, float]) -> Figures:
    """Numbers as plots show them."""
    return {name: rounded(value) for name, value in numbers.items()}


def interval_text(estimate: Mapping[str, Any] | None, form: str) -> str | None:
    """The bounds of an estimate in a table's cell; None where it has none."""
    if estimate is None or estimate["low"] is None or estimate["high"] is None:
        return None
    return f"[{estimate['low']:{form}}, {estimate['high']:{form}}]"


def table(rows: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows as Dagster shows them: each with all columns, only plain values, long texts cut."""
    kept = list(rows)
    columns = list(dict.fromkeys(name for row in kept for name in row))
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in columns}) for row in kept]
    schema = dg.TableSchema([dg.TableColumn(name, _column_type(row.get(name) for row in kept)) for name in columns])
    return dg.MetadataValue.table(records, schema=schema)


def column_schema(schema: pl.Schema, meanings: Mapping[str, str]) -> dg.TableSchema:
    """The columns of a polars table, each with what it means."""
    return dg.TableSchema([dg.TableColumn(name, str(dtype), meanings.get(name)) for name, dtype in schema.items()])


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return rounded(value)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _column_type(values: Iterable[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        return "int" if all(isinstance(value, int) for value in known) else "float"
    return "string"
