"""Row rules: which rows of an execution history are taken, and why the others are not.

The rules are polars expressions over a whole frame, asked in a fixed order, so that a row is rejected once, for the
first rule it breaks, and no row is lost or counted twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from domain_ft.history.observations import VERDICT
from domain_ft.history.tables import MOMENT
from domain_ft.landing.limits import CELL_BYTES
from domain_ft.landing.rows import FIELDS, VALUE_LIMIT
from domain_ft.landing.settings import RunVerdict
from domain_ft.landing.values import map_distinct, parse_moment


@dataclass(frozen=True)
class Checked:
    """A frame's rows after the rules.

    accepted: row, build_id, test_id, scope, verdict, started, duration_s, text, and change, component, change_id as
    they were written. violations: the other rows, as `VIOLATIONS`.
    """

    accepted: pl.DataFrame
    violations: pl.DataFrame


def check_rows(batch: pl.DataFrame, verdicts: Mapping[str, RunVerdict], scope: str) -> Checked:
    """Sort a `BATCH` frame into accepted rows and violations; each row is in exactly one of them.

    `verdicts` maps casefolded words; `scope` is that of rows without one.
    """
    cells = pl.col(FIELDS).str.strip_chars()
    frame = batch.with_columns(pl.when(cells != "").then(cells))
    moment = map_distinct(frame["started"], parse_moment, MOMENT)
    verdict = map_distinct(frame["verdict"], lambda word: verdicts.get(word.casefold()), VERDICT)
    seconds = pl.col("duration").cast(pl.Float64, strict=False)
    frame = frame.with_columns(moment.alias("moment"), verdict.alias("known_verdict"), seconds.alias("seconds"))
    rules = _rules()
    broken = pl.coalesce(
        pl.when(condition).then(pl.lit(number, dtype=pl.UInt8)) for number, (_, _, condition) in enumerate(rules)
    )
    frame = frame.with_columns(broken.alias("broken"))
    return Checked(_accepted(frame, scope), _violations(frame, rules))


def _rules() -> list[tuple[str, str, pl.Expr]]:
    """Rule, field, condition under which a row breaks it; in the order in which they are asked."""
    seconds = pl.col("seconds")
    return [
        *(("cell_too_long", name, pl.col(name).str.len_bytes() > CELL_BYTES) for name in FIELDS),
        ("build_missing", "build", pl.col("build").is_null()),
        ("test_missing", "test", pl.col("test").is_null()),
        ("test_text_missing", "summary", pl.col("summary").is_null() & pl.col("steps").is_null()),
        ("verdict_unknown", "verdict", pl.col("known_verdict").is_null()),
        ("date_missing", "started", pl.col("started").is_null()),
        ("date_unparsable", "started", pl.col("moment").is_null()),
        ("duration_unparsable", "duration", pl.col("duration").is_not_null() & ~seconds.is_finite().fill_null(False)),
        ("duration_negative", "duration", seconds < 0),
    ]


def _accepted(frame: pl.DataFrame, scope: str) -> pl.DataFrame:
    return frame.filter(pl.col("broken").is_null()).select(
        "row",
        pl.col("build").alias("build_id"),
        pl.col("test").alias("test_id"),
        pl.col("scope").fill_null(scope),
        pl.col("known_verdict").alias("verdict"),
        pl.col("moment").alias("started"),
        pl.col("seconds").alias("duration_s"),
        pl.concat_str("summary", "steps", separator="\n", ignore_nulls=True).alias("text"),
        "change",
        "component",
        "change_id",
    )


def _violations(frame: pl.DataFrame, rules: list[tuple[str, str, pl.Expr]]) -> pl.DataFrame:
    numbers = pl.Series(range(len(rules)), dtype=pl.UInt8)
    names, fields = (pl.Series([rule[place] for rule in rules]) for place in (0, 1))
    value = pl.coalesce(pl.when(pl.col("field") == name).then(pl.col(name)) for name in FIELDS)
    return (
        frame.filter(pl.col("broken").is_not_null())
        .with_columns(
            pl.col("broken").replace_strict(numbers, names, return_dtype=pl.String).alias("rule"),
            pl.col("broken").replace_strict(numbers, fields, return_dtype=pl.String).alias("field"),
        )
        .select("row", "rule", "field", value.str.slice(0, VALUE_LIMIT).alias("value"))
    )
