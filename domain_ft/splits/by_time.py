"""Builds divided along time, oldest to train on, newest to judge on.

A model that is judged on builds older than those it has learned from looks better than it is, and so does one
that has seen the very change text it is judged on (reverts, cherry-picks, "bump version"); both are ruled out here.
"""

from fractions import Fraction

import polars as pl

from domain_ft.splits.settings import SplitSettings
from domain_ft.words import normalized

SPLITS = ("train", "validation", "test")
"""In the order of time."""


def split_by_time(builds: pl.DataFrame, settings: SplitSettings) -> pl.DataFrame:
    """Give each build its split: columns build_id, split, reason, in the order of time.

    `builds` has build_id, started_at and change_text. The boundaries lie at fixed shares of all builds in the
    order of (started_at, build_id). Where normalized change texts are equal across splits, the newest split keeps
    its builds; the others get the split null and a reason (`change_text_in_test`, `change_text_in_validation`).
    Builds without change text keep their split: no triplet is made of them.
    """
    ordered = builds.select("build_id", "started_at", "change_text").sort("started_at", "build_id")
    train_end, validation_end = _boundaries(ordered.height, settings)
    place = pl.int_range(pl.len())
    period = (place >= train_end).cast(pl.Int8) + (place >= validation_end).cast(pl.Int8)
    texts = pl.Series("text", [normalized(text or "") for text in ordered["change_text"]], dtype=pl.String)
    newest = pl.col("period").max().over("text")
    gives_way = (pl.col("period") < newest) & (pl.col("text") != "")
    names = dict(enumerate(SPLITS))
    return (
        ordered.with_columns(texts, period=period)
        .with_columns(newest=newest)
        .select(
            "build_id",
            split=pl.when(~gives_way).then(pl.col("period").replace_strict(names, return_dtype=pl.String)),
            reason=pl.when(gives_way).then(
                pl.lit("change_text_in_") + pl.col("newest").replace_strict(names, return_dtype=pl.String)
            ),
        )
    )


def _boundaries(count: int, settings: SplitSettings) -> tuple[int, int]:
    """Rows at which validation and test begin; in exact fractions, since 0.7 * 10 is not always 7 in floats."""
    validation, test = Fraction(str(settings.validation)), Fraction(str(settings.test))
    return int(count * (1 - validation - test)), int(count * (1 - test))
