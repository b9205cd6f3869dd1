"""A smaller history for a quick try: the newest runs and the builds they belong to."""

import polars as pl

from domain_ft.history.tables import History


def newest_runs(history: History, sample_size: int | None) -> History:
    """The `sample_size` newest runs by (started_at, build_id, test_id), their builds, and all tests; None for all."""
    if sample_size is None or sample_size >= history.runs.height:
        return history
    order = ["started_at", "build_id", "test_id"]
    runs = (
        history.runs.lazy()
        .join(history.builds.lazy().select("build_id", "started_at"), on="build_id")
        .sort(order, descending=True)
        .head(sample_size)
        .sort("build_id", "test_id")
        .select(history.runs.columns)
        .collect()
    )
    kept = runs["build_id"].unique().implode()
    return History(history.builds.filter(pl.col("build_id").is_in(kept)), history.tests, runs)
