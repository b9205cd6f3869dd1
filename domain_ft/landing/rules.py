"""Which rows of an execution history are taken, and why the others are not."""

from collections.abc import Mapping

import polars as pl

from domain_ft.history.observations import VERDICT
from domain_ft.history.tables import MOMENT
from domain_ft.landing.kinds import Checked
from domain_ft.landing.settings import ExecutionHistoryColumns, RunVerdict
from domain_ft.landing.values import parse_moment, start_by_number
from domain_ft.landing.violations import Rule, size_rules, sort_out, stripped
from domain_ft.store.tables import map_distinct

FIELDS = tuple(ExecutionHistoryColumns.model_fields)


def check_rows(
    batch: pl.DataFrame,
    verdicts: Mapping[str, RunVerdict],
    scope: str,
    *,
    numbered: bool = False,
    durations_per_second: int = 1,
) -> Checked:
    """Sort a frame of a reader into accepted rows and violations.

    accepted: row, build_id, test_id, scope, verdict, started, duration_s, text, and change, component, change_id as
    they were written. `verdicts` maps casefolded words; `scope` is that of rows without one.
    `numbered`: a row without a start starts by its build's number (a JUnit report may have a time where others do not).
    """
    frame = stripped(batch, FIELDS)
    moment = map_distinct(frame["started"], parse_moment, MOMENT)
    verdict = map_distinct(frame["verdict"], lambda word: verdicts.get(word.casefold()), VERDICT)
    seconds = pl.col("duration").cast(pl.Float64, strict=False) / durations_per_second
    if numbered:
        by_number = map_distinct(frame["build"], start_by_number, MOMENT)
        moment = by_number.zip_with(frame["started"].is_null(), moment)
    frame = frame.with_columns(moment.alias("moment"), verdict.alias("known_verdict"), seconds.alias("seconds"))
    kept, violations = sort_out(frame, _rules(numbered), FIELDS)
    return Checked(_accepted(kept, scope), violations)


def _rules(numbered: bool) -> list[Rule]:
    seconds, timeless = pl.col("seconds"), pl.col("started").is_null()
    no_start = (
        Rule("build_not_numbered", "build", timeless & pl.col("moment").is_null())
        if numbered
        else Rule("date_missing", "started", timeless)
    )
    return [
        *size_rules(FIELDS),
        Rule("build_missing", "build", pl.col("build").is_null()),
        Rule("test_missing", "test", pl.col("test").is_null()),
        Rule("test_text_missing", "summary", pl.col("summary").is_null() & pl.col("steps").is_null()),
        Rule("verdict_unknown", "verdict", pl.col("known_verdict").is_null()),
        no_start,
        Rule("date_unparsable", "started", pl.col("moment").is_null()),
        Rule(
            "duration_unparsable", "duration", pl.col("duration").is_not_null() & ~seconds.is_finite().fill_null(False)
        ),
        Rule("duration_negative", "duration", seconds < 0),
    ]


def _accepted(kept: pl.DataFrame, scope: str) -> pl.DataFrame:
    return kept.select(
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
