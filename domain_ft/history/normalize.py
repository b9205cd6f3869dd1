"""Observations into the normalized tables, merged with the history that is there already.

Each rule for rows that disagree is stated here once, and none depends on the order of the rows: the worst verdict
counts, a build starts when its earliest row does, a test's newest text counts.
"""

from dataclasses import dataclass

import polars as pl

from domain_ft.history.observations import OBSERVED_CHANGES, OBSERVED_RUNS, OBSERVED_TEXTS, Observations
from domain_ft.history.tables import History, canonical

CONFLICTS = pl.Schema({"source": pl.UInt32(), "row": pl.Int64(), "field": pl.String(), "value": pl.String()})


@dataclass(frozen=True)
class Normalized:
    """The settled history, and what became of each observed row.

    counts: source, accepted, duplicates, conflicting (duplicates with another verdict than the run they repeat).
    conflicts: rows left out because their build or test (`field`) belongs to another scope; `value` is their scope.
    """

    history: History
    counts: pl.DataFrame
    conflicts: pl.DataFrame
    notes: tuple[str, ...]


def normalize(observed: Observations, earlier: History) -> Normalized:
    """Settle `observed` into one history with `earlier`.

    A run is accepted when it is the first of its (build, test); the others are duplicates of it. Of several, the
    worst verdict counts ("a test that failed once in a build failed"), then the latest start.
    """
    runs, conflicts = _in_one_scope(observed.runs, earlier)
    runs = _settle_runs(runs, earlier)
    builds, uneven = _settle_builds(runs, observed.changes, earlier)
    tests, retold = _settle_tests(runs, observed.texts, earlier)
    settled = runs.filter("first").select("build_id", "test_id", pl.col("verdict").cast(pl.String), "duration_s")
    return Normalized(
        canonical(History(builds, tests, settled)), _count(runs), conflicts, tuple(_notes(uneven, retold))
    )


def _notes(uneven: int, retold: int) -> list[str]:
    notes = []
    if uneven:
        notes.append(f"builds whose rows disagree on the start: {uneven}; the earliest counts")
    if retold:
        notes.append(f"tests whose rows disagree on the text: {retold}; the newest counts")
    return notes


def _in_one_scope(runs: pl.DataFrame, earlier: History) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out rows whose build, then whose test, was first seen in another scope."""
    conflicts = [CONFLICTS.to_frame()]
    for key, known in (("build_id", earlier.builds), ("test_id", earlier.tests)):
        first = _first_scopes(runs, known, key)
        if first is None:
            continue
        runs = runs.join(first, on=key, maintain_order="left")
        elsewhere = runs.filter(pl.col("scope") != pl.col("first_scope"))
        conflicts.append(elsewhere.select("source", "row", pl.lit(key).alias("field"), pl.col("scope").alias("value")))
        runs = runs.filter(pl.col("scope") == pl.col("first_scope")).drop("first_scope")
    return runs, pl.concat(conflicts)


def _first_scopes(runs: pl.DataFrame, known: pl.DataFrame, key: str) -> pl.DataFrame | None:
    """The scope that each id was first seen in, or None where no id occurs in two."""
    stated = runs.group_by(key, "scope").agg(pl.col("started").min(), pl.lit(False).alias("known"))
    settled = known.select(key, "scope", pl.lit(None).cast(pl.Datetime("us", "UTC")).alias("started"), known=True)
    seen = pl.concat([settled.select(stated.columns), stated])
    if seen.select(key, "scope").unique().height == seen[key].n_unique():
        return None
    order = seen.sort([key, "known", "started", "scope"], descending=[False, True, False, False])
    return order.unique(key, keep="first", maintain_order=True).select(key, pl.col("scope").alias("first_scope"))


def _settle_runs(runs: pl.DataFrame, earlier: History) -> pl.DataFrame:
    """All runs, old ones too (their source is null), the one that counts of each (build, test) marked `first`.

    `new` says that no earlier run has this (build, test), `known` is the earlier run's verdict or the counting one's.
    """
    starts = earlier.builds.select("build_id", "scope", pl.col("started_at").alias("started"))
    old = earlier.runs.join(starts, on="build_id").select(
        pl.lit(None).cast(kind).alias(name) if name in ("source", "row") else pl.col(name).cast(kind)
        for name, kind in OBSERVED_RUNS.items()
    )
    ordered = pl.concat([old, runs]).sort(
        ["build_id", "test_id", "verdict", "started", "duration_s", "source", "row"],
        descending=[False, False, True, True, True, False, False],
        nulls_last=[False, False, False, False, True, False, False],
    )
    starts_group = (pl.col("build_id") != pl.col("build_id").shift()) | (pl.col("test_id") != pl.col("test_id").shift())
    ordered = ordered.with_columns(starts_group.fill_null(True).alias("first"))
    if ordered["first"].all():
        return ordered.with_columns(new=pl.col("source").is_not_null(), known=pl.col("verdict"))
    earlier_verdict = pl.col("verdict").filter(pl.col("source").is_null()).first().over("group")
    return (
        ordered.with_columns(group=pl.col("first").cum_sum())
        .with_columns(new=earlier_verdict.is_null())
        .with_columns(known=pl.coalesce(earlier_verdict, pl.col("verdict").first().over("group")))
        .drop("group")
    )


def _count(runs: pl.DataFrame) -> pl.DataFrame:
    accepted = pl.col("first") & pl.col("new")
    return (
        runs.filter(pl.col("source").is_not_null())
        .group_by("source")
        .agg(
            accepted=accepted.sum().cast(pl.Int64),
            duplicates=(~accepted).sum().cast(pl.Int64),
            conflicting=(~accepted & (pl.col("verdict") != pl.col("known"))).sum().cast(pl.Int64),
        )
        .sort("source")
    )


def _settle_builds(runs: pl.DataFrame, changes: pl.DataFrame, earlier: History) -> tuple[pl.DataFrame, int]:
    """One row per build, and how many builds have rows that disagree on the start."""
    starts = runs.group_by("build_id", "scope").agg(
        pl.col("started").min().alias("started_at"), (pl.col("started").max() > pl.col("started").min()).alias("uneven")
    )
    said = pl.concat([earlier.builds.select(list(OBSERVED_CHANGES)), changes.select(list(OBSERVED_CHANGES))]).unique()
    told = said.join(starts.select("build_id", "scope"), on=["build_id", "scope"], how="semi")
    once = pl.len().over("build_id") == 1
    merged = [_merge_changes(group) for _, group in told.filter(~once).group_by("build_id")]
    settled = pl.concat([told.filter(once), pl.DataFrame(merged, schema=OBSERVED_CHANGES, orient="row")])
    builds = starts.join(settled, on=["build_id", "scope"], how="left").with_columns(
        pl.col("change_text").fill_null(""),
        pl.col("change_ids", "change_paths").fill_null(pl.lit([], dtype=pl.List(pl.String))),
    )
    return builds, int(starts["uneven"].sum())


def _merge_changes(said: pl.DataFrame) -> tuple[str, str, list[str], str, list[str]]:
    """What several rows say about one build's change, as one: texts and names each once, in sorted order."""
    build_id, scope = said.row(0, named=True)["build_id"], said.row(0, named=True)["scope"]
    ids = sorted({item for items in said["change_ids"].to_list() for item in items})
    paths = sorted({item for items in said["change_paths"].to_list() for item in items})
    return build_id, scope, ids, merge_texts(said["change_text"].to_list()), paths


def merge_texts(texts: list[str]) -> str:
    """Different texts, sorted and joined by line ends; one whose lines another has in one piece says nothing more.

    A text is looked for only in those that have its rarest line: where a column was mistaken for the build's, one
    build has all the texts there are, and comparing each with each would take for ever.
    """
    different = sorted({text for text in texts if text})
    holders: dict[str, list[str]] = {}
    for text in different:
        for line in set(text.split("\n")):
            holders.setdefault(line, []).append(text)

    def says_more(text: str) -> bool:
        rarest = min((holders[line] for line in text.split("\n")), key=len)
        return not any(f"\n{text}\n" in f"\n{other}\n" for other in rarest if other != text)

    return "\n".join(filter(says_more, different))


def _settle_tests(runs: pl.DataFrame, texts: pl.DataFrame, earlier: History) -> tuple[pl.DataFrame, int]:
    """One row per test, and how many tests have rows that disagree on the text."""
    last_seen = runs.filter(pl.col("source").is_null()).group_by("test_id").agg(pl.col("started").max())
    old = earlier.tests.join(last_seen, on="test_id", how="left").select(list(OBSERVED_TEXTS))
    told = pl.concat([old, texts.select(list(OBSERVED_TEXTS))]).join(
        runs.select("test_id", "scope").unique(), on=["test_id", "scope"], how="semi"
    )
    newest = told.sort(["test_id", "started", "text"], descending=[False, True, True]).unique("test_id", keep="first")
    retold = told.group_by("test_id").agg(pl.col("text").n_unique() > 1)["text"].sum()
    return newest.select("test_id", "scope", "text"), int(retold)
