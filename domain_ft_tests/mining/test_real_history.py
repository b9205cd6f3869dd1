"""Mining on the real history of three Ruby implementations, against the counts that its description gives."""

import ast
import gzip
import re
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from domain_ft.history.relevance import label_runs
from domain_ft.history.tables import BUILDS, RUNS, TESTS, History, canonical
from domain_ft.mining.checks import evaluate_history_dataset
from domain_ft.mining.dataset import build_history_dataset
from domain_ft.mining.settings import TripletSettings
from domain_ft.splits.by_time import split_by_time

IDENTIFIER = re.compile(r"[0-9a-f]{40}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def ruby(real_data: Path) -> History:
    """The file as the normalized tables, read here by the shortest way; the landing has its own tests."""
    with gzip.open(real_data / "test_history" / "ruby_history.csv.gz") as file:
        rows = pl.read_csv(file.read(), infer_schema=False)
    builds, tests = rows.unique("Build_ID"), rows.unique("TC_Key")
    items = [ast.literal_eval(text) for text in builds["commit"]]
    tables = {
        "builds": {
            "build_id": builds["Build_ID"],
            "scope": builds["TP_Key"],
            "started_at": builds["Build_Test_Start_Date"].str.to_datetime(time_zone="UTC"),
            "change_ids": [[item for item in line if IDENTIFIER.fullmatch(item)] for line in items],
            "change_text": ["\n".join(item for item in line if not IDENTIFIER.fullmatch(item)) for line in items],
            "change_paths": [ast.literal_eval(text) for text in builds["CR_Component_Name"]],
        },
        "tests": {"test_id": tests["TC_Key"], "scope": tests["TP_Key"], "text": tests["TE_Summary"].fill_null("")},
        "runs": {
            "build_id": rows["Build_ID"],
            "test_id": rows["TC_Key"],
            "verdict": rows["TE_Test_Result"].str.to_lowercase(),
            "duration_s": [None] * rows.height,
        },
    }
    schemas = {"builds": BUILDS, "tests": TESTS, "runs": RUNS}
    return canonical(History(**{name: pl.DataFrame(table, schemas[name]) for name, table in tables.items()}))


@pytest.fixture(scope="module")
def flips(ruby: History) -> pl.DataFrame:
    splits = split_by_time(ruby.builds, TripletSettings().split)
    return label_runs(ruby, "flip").join(splits, on="build_id").filter("flipped")


def test_the_test_split_has_324_builds_with_a_flip_and_36_with_a_break(flips: pl.DataFrame) -> None:
    test = flips.filter(pl.col("split") == "test")
    assert test["build_id"].n_unique() == 324
    assert test.filter(pl.col("slice") == "break")["build_id"].n_unique() == 36


def test_training_has_3416_pairs_at_six_a_build_before_other_limits(flips: pl.DataFrame) -> None:
    train = flips.filter(pl.col("split") == "train")
    assert train.group_by("build_id").len()["len"].clip(upper_bound=6).sum() == 3416


@pytest.mark.parametrize("negatives", ["random", "hard"])
def test_the_dataset_is_mined_in_seconds_and_passes_its_checks(
    ruby: History, publish_raw: Callable[[History], Path], tmp_path: Path, negatives: str
) -> None:
    raw = publish_raw(ruby)
    start = time.perf_counter()
    result = build_history_dataset(raw, tmp_path / "out", TripletSettings(negatives=negatives))  # type: ignore[arg-type]
    assert time.perf_counter() - start < 20
    assert result.counts["train"] > 2500
    assert result.counts["test"] > 500
    assert all(outcome.passed for outcome in evaluate_history_dataset(result.path))
