"""The same mining written in plain pandas, table by table: what `benchmarks/mining.py` and a test compare against.

It follows the rules of `domain_ft.mining`, not its code; only the seeded draw is shared, since it is a definition.
"""

import numpy as np
import pandas as pd

from domain_ft.history.relevance import FAILING, LABELLED
from domain_ft.mining.seeding import Choice, draw, id_keys
from domain_ft.mining.settings import FLAKY_FROM_RUNS, TripletSettings

SPLITS = ("train", "validation", "test")
COLUMNS = ["anchor", "positive", "negative", "test_id", "positive_build", "negative_build", "split", "slice"]


def mine_with_pandas(
    builds: pd.DataFrame, tests: pd.DataFrame, runs: pd.DataFrame, settings: TripletSettings
) -> pd.DataFrame:
    """The triplets of a history (random negatives), with the same rows in the same order as `mine_triplets`."""
    builds = _split(builds, settings)
    tests = tests.sort_values("test_id", ignore_index=True)
    tests["test"] = tests.index
    tests["test_key"] = id_keys(tests["test_id"])
    labelled = _label(builds, tests, runs, settings)
    parts = [_mine_split(number, labelled, tests, settings) for number in range(len(SPLITS))]
    triplets = pd.concat(parts, ignore_index=True)
    texts, names = builds["change_text"].to_numpy(), builds["build_id"].to_numpy()
    triplets["anchor"] = tests["text"].to_numpy()[triplets["test"]]
    triplets["test_id"] = tests["test_id"].to_numpy()[triplets["test"]]
    triplets["positive"], triplets["positive_build"] = texts[triplets["build"]], names[triplets["build"]]
    triplets["negative"], triplets["negative_build"] = texts[triplets["other"]], names[triplets["other"]]
    return triplets[COLUMNS]


def _split(builds: pd.DataFrame, settings: TripletSettings) -> pd.DataFrame:
    builds = builds.sort_values(["started_at", "build_id"], ignore_index=True)
    builds["build"], builds["build_key"] = builds.index, id_keys(builds["build_id"])
    share = settings.split
    ends = [int(len(builds) * (1 - share.validation - share.test) + 1e-9), int(len(builds) * (1 - share.test) + 1e-9)]
    builds["period"] = (builds.index >= ends[0]).astype(int) + (builds.index >= ends[1]).astype(int)
    builds["norm"] = [" ".join(text.casefold().split()) for text in builds["change_text"]]
    newest = builds.groupby("norm")["period"].transform("max")
    builds["split"] = builds["period"].where((builds["period"] == newest) & (builds["norm"] != ""), -1)
    builds["norm"] = builds["norm"].astype("category").cat.codes
    return builds


def _label(builds: pd.DataFrame, tests: pd.DataFrame, runs: pd.DataFrame, settings: TripletSettings) -> pd.DataFrame:
    runs = runs.loc[runs["verdict"].isin(LABELLED), ["build_id", "test_id", "verdict"]]
    runs = runs.merge(builds[["build_id", "build", "build_key", "period", "split", "norm"]], on="build_id")
    runs = runs.merge(tests[["test_id", "test", "test_key"]], on="test_id")
    runs = runs.drop(columns=["build_id", "test_id"]).sort_values(["test", "build"], ignore_index=True)
    runs["failed"] = runs["verdict"].isin(FAILING)
    previous = runs.groupby("test")["failed"].shift()
    runs["compared"] = previous.notna()
    runs["flipped"] = runs["compared"] & (previous != runs["failed"])
    runs["unaffected"] = ~runs["failed"] & ~runs["flipped"]
    runs["relevant"] = {
        "flip": runs["flipped"],
        "transition": runs["flipped"] & runs["failed"],
        "any_failure": runs["failed"],
    }[settings.relevance]
    failing = np.where(runs["flipped"], "break", np.where(runs["compared"], "repeat", "first"))
    runs["slice"] = np.where(runs["failed"], failing, np.where(runs["flipped"], "fix", "none"))
    return runs


def _mine_split(number: int, runs: pd.DataFrame, tests: pd.DataFrame, settings: TripletSettings) -> pd.DataFrame:
    valid = _valid_tests(number, runs, tests, settings)
    mine = runs[(runs["split"] == number) & runs["test"].isin(valid)]
    positives, negatives = mine[mine["relevant"]], mine[mine["unaffected"]]
    both = positives[["test", "norm"]].drop_duplicates().merge(negatives[["test", "norm"]].drop_duplicates())
    positives, negatives = _without(positives, both), _without(negatives, both)
    positives = positives[positives["test"].isin(negatives["test"].unique())]
    positives = _cap(positives, ["build", "test"], Choice.WITHIN_BUILD, settings.max_per_build, settings.seed)
    positives = _cap(positives, ["test", "build"], Choice.WITHIN_TEST, settings.max_triplets_per_test, settings.seed)
    positives = positives.sort_values(["test", "build"])
    lot = draw(settings.seed, Choice.NEGATIVE, positives["test_key"].to_numpy(), positives["build_key"].to_numpy())
    count = negatives.groupby("test").size().reindex(positives["test"]).to_numpy()
    positives = positives.assign(place=(lot % count.astype(np.uint64)).astype(np.int64), split=SPLITS[number])
    negatives = negatives.assign(place=negatives.groupby("test").cumcount()).rename(columns={"build": "other"})
    return positives.merge(negatives[["test", "place", "other"]], on=["test", "place"], how="left")


def _valid_tests(number: int, runs: pd.DataFrame, tests: pd.DataFrame, settings: TripletSettings) -> pd.Index:
    record = runs[runs["period"] <= number].groupby("test").agg(
        runs=("failed", "size"), failing=("failed", "sum"), flips=("flipped", "sum"), compared=("compared", "sum")
    )  # fmt: skip
    flaky = (record["runs"] >= FLAKY_FROM_RUNS) & (record["flips"] / record["compared"] > settings.flaky_threshold)
    enough = record["failing"] >= settings.min_fail_builds
    enough &= record["runs"] - record["failing"] >= settings.min_pass_builds
    with_text = tests.loc[tests["text"].str.strip() != "", "test"]
    return record.index[enough & ~flaky].intersection(pd.Index(with_text))


def _without(runs: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    marked = runs.merge(pairs, on=["test", "norm"], how="left", indicator=True)
    return marked[marked["_merge"] == "left_only"].drop(columns="_merge")


def _cap(runs: pd.DataFrame, order: list[str], choice: Choice, limit: int | None, seed: int) -> pd.DataFrame:
    if limit is None:
        return runs
    group, tie = order
    runs = runs.assign(lot=draw(seed, choice, runs["test_key"].to_numpy(), runs["build_key"].to_numpy()))
    runs = runs.sort_values([group, "lot", tie])
    return runs[runs.groupby(group).cumcount() < limit]
