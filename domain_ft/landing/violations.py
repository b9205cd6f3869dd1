"""Rules for rows, as polars expressions over a whole frame.

They are asked in a fixed order, so that a row is rejected once, for the first rule it breaks, and no row is lost or
counted twice.
"""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from domain_ft.landing.limits import CELL_BYTES
from domain_ft.landing.rows import VALUE_LIMIT, VIOLATIONS


class Rule(NamedTuple):
    """A rule: its name in the quarantine, the field it is about, and the condition under which a row breaks it."""

    name: str
    field: str
    broken: pl.Expr


def stripped(batch: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """A frame whose cells begin and end with something that can be seen; an empty one is null."""
    cells = pl.col(fields).str.strip_chars()
    return batch.with_columns(pl.when(cells != "").then(cells))


def size_rules(fields: Sequence[str]) -> list[Rule]:
    """No cell may be longer than can be kept."""
    return [Rule("cell_too_long", name, pl.col(name).str.len_bytes() > CELL_BYTES) for name in fields]


def sort_out(frame: pl.DataFrame, rules: Sequence[Rule], fields: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that break no rule, and the others as `VIOLATIONS`."""
    if not rules:
        return frame, VIOLATIONS.to_frame()
    numbered = [pl.when(rule.broken).then(pl.lit(number, dtype=pl.UInt8)) for number, rule in enumerate(rules)]
    broken = pl.coalesce(numbered)
    frame = frame.with_columns(broken.alias("broken_rule"))
    return (
        frame.filter(pl.col("broken_rule").is_null()).drop("broken_rule"),
        _violations(frame.filter(pl.col("broken_rule").is_not_null()), rules, fields),
    )


def _violations(frame: pl.DataFrame, rules: Sequence[Rule], fields: Sequence[str]) -> pl.DataFrame:
    numbers = pl.Series(range(len(rules)), dtype=pl.UInt8)
    names, about = (pl.Series([rule[place] for rule in rules], dtype=pl.String) for place in (0, 1))
    value = pl.coalesce(pl.when(pl.col("broken_field") == name).then(pl.col(name)) for name in fields)
    return frame.with_columns(
        pl.col("broken_rule").replace_strict(numbers, names, return_dtype=pl.String).alias("rule"),
        pl.col("broken_rule").replace_strict(numbers, about, return_dtype=pl.String).alias("broken_field"),
    ).select("row", "rule", pl.col("broken_field").alias("field"), value.str.slice(0, VALUE_LIMIT).alias("value"))
