"""What is wrong with the texts of pairs: one column of flags per rule, asked of whole frames.

The same flags put a row into quarantine when it lands and count the warnings about a table that was accepted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from domain_ft.pairs.settings import AMONG_ROWS, RULES, AuditSettings, Mode, Rule
from domain_ft.store.tables import map_distinct
from domain_ft.texts.near_duplicates import near_duplicates
from domain_ft.texts.text_rules import has_dot_leaders, has_page_marker, is_mojibake, is_template_query
from domain_ft.texts.tokens import token_counts
from domain_ft.words import normalized

EXAMPLES = 5
_SHOWN = 200
_ALL = ("query", "passage", "context", "negative")
SIDES: Mapping[Rule, tuple[str, ...]] = {
    "query_too_short": ("query",),
    "passage_too_short": ("passage",),
    "query_too_long": ("query",),
    "passage_too_long": ("passage", "context", "negative"),
    "mojibake": _ALL,
    "template_query": ("query",),
    "page_marker": _ALL,
    "dot_leaders": _ALL,
    "query_equals_passage": ("query",),
    "negative_equals_positive": ("negative",),
    "negative_is_positive": ("negative",),
    "near_duplicate_query": ("query",),
    "near_duplicate_passage": ("passage",),
}
"""The texts that a rule looks at, or shows where it compares several."""


@dataclass(frozen=True)
class AuditRow:
    """How many rows of a table break a rule, what becomes of such rows, and some of them."""

    rule: Rule
    mode: Mode
    rows: int
    examples: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The row by column name."""
        return {"rule": self.rule, "mode": self.mode, "rows": self.rows, "examples": list(self.examples)}


@dataclass(frozen=True)
class Flags:
    """Which rows break a rule by their query, passage, context or negative."""

    rule: Rule
    side: str
    broken: pl.Series

    @property
    def of_negative_alone(self) -> bool:
        """Whether the pair is sound without its negative: a text that is no good by itself costs only itself."""
        return self.side == "negative" and self.rule != "negative_equals_positive"


def flags_of_rows(rows: pl.DataFrame, settings: AuditSettings, rules: Sequence[Rule]) -> tuple[Flags, ...]:
    """Which rows break each of these rules (those that look at a row by itself), by each text that it looks at.

    `rows` has query, passage and, maybe null, context and negative.
    """
    asked: dict[Rule, Callable[[str], pl.Series]] = {
        "query_too_short": lambda side: _words(rows[side]) < settings.least_query_words,
        "passage_too_short": lambda side: _words(rows[side]) < settings.least_passage_words,
        "query_too_long": lambda side: _tokens(rows[side]) > settings.most_tokens,
        "passage_too_long": lambda side: _tokens(rows[side]) > settings.most_tokens,
        "mojibake": lambda side: map_distinct(rows[side], is_mojibake, pl.Boolean),
        "template_query": lambda side: map_distinct(rows[side], is_template_query, pl.Boolean),
        "page_marker": lambda side: map_distinct(rows[side], has_page_marker, pl.Boolean),
        "dot_leaders": lambda side: map_distinct(rows[side], has_dot_leaders, pl.Boolean),
        "query_equals_passage": lambda side: _normal(rows[side]) == _normal(rows["passage"]),
        "negative_equals_positive": lambda side: _normal(rows[side]) == _normal(rows["passage"]),
    }
    return tuple(Flags(rule, side, asked[rule](side).fill_null(False)) for rule in rules for side in SIDES[rule])


def audit_pairs(pairs: pl.DataFrame, settings: AuditSettings) -> tuple[AuditRow, ...]:
    """How many rows of an accepted table break each rule that is not off, in the order of the rules.

    A rule in quarantine mode has no row left here; it stands with 0, so that the report names every rule asked.
    """
    asked: list[Rule] = [rule for rule in RULES if settings.mode(rule) != "off"]
    among: dict[Rule, Callable[[], pl.Series]] = {
        "negative_is_positive": lambda: negative_is_positive(pairs),
        "near_duplicate_query": lambda: _near(pairs["query"], settings.near_duplicate),
        "near_duplicate_passage": lambda: _near(pairs["passage"], settings.near_duplicate),
    }
    flags = [
        *flags_of_rows(pairs, settings, [rule for rule in asked if rule not in AMONG_ROWS]),
        *(Flags(rule, SIDES[rule][0], among[rule]()) for rule in asked if rule in AMONG_ROWS),
    ]
    return tuple(
        _audit_row(pairs, rule, settings.mode(rule), [each for each in flags if each.rule == rule]) for rule in asked
    )


def _audit_row(pairs: pl.DataFrame, rule: Rule, mode: Mode, flags: Sequence[Flags]) -> AuditRow:
    rows = pl.DataFrame([each.broken.alias(each.side) for each in flags]).select(pl.any_horizontal(pl.all()).sum())
    shown = pl.concat(pairs[each.side].filter(each.broken) for each in flags)
    texts = shown.unique(maintain_order=True).head(EXAMPLES)
    examples = tuple(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…" for text in texts)
    return AuditRow(rule, mode, int(rows.item()), examples)


def negative_is_positive(pairs: pl.DataFrame) -> pl.Series:
    """Which rows have a negative that is a passage of the same query, in their own row or another."""
    query, negative = _normal(pairs["query"]), _normal(pairs["negative"])
    answers = [pairs.select(query, passage=_normal(pairs[side])) for side in ("passage", "context")]
    known = pl.concat(answers).drop_nulls().unique()
    asked = pl.DataFrame({"query": query, "passage": negative})
    held = asked.join(known.with_columns(known=True), on=["query", "passage"], how="left", maintain_order="left")
    return held["known"].fill_null(False)


def _near(column: pl.Series, threshold: float) -> pl.Series:
    """Which texts of a column have another one that is nearly the same."""
    distinct = column.unique(maintain_order=True).to_list()
    near = {number for pair in near_duplicates(distinct, threshold) for number in pair}
    return column.is_in([distinct[number] for number in near])


def _normal(column: pl.Series) -> pl.Series:
    return map_distinct(column, normalized, pl.String)


def _words(column: pl.Series) -> pl.Series:
    return map_distinct(column, lambda text: len(text.split()), pl.Int64)


def _tokens(column: pl.Series) -> pl.Series:
    distinct = column.unique().drop_nulls().to_list()
    counts = pl.Series(token_counts(distinct), dtype=pl.Int64)
    return column.replace_strict(pl.Series(distinct, dtype=pl.String), counts, default=None, return_dtype=pl.Int64)
