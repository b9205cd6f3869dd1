"""What holds of mining whatever the history: order does not matter, sums add up, no leak, plain pandas agrees."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.history.tables import History, history_digest
from domain_ft.mining.miner import MinedTriplets, mine_triplets
from domain_ft.mining.settings import TripletSettings
from domain_ft.splits.by_time import split_by_time
from domain_ft.splits.leakage import leakage_report
from domain_ft.words import normalized

EXAMPLES = settings(max_examples=40)
WORDS = st.sampled_from(["fix login", "Fix  login", "bump version", "sort invoices", "", "drop cache", "add a port"])
TIMELINE = st.text("PPPPPPFFESB.", min_size=4, max_size=16).map(lambda line: line + line[::2] + line)


@st.composite
def drawn(draw: Any) -> tuple[dict[str, Any], TripletSettings]:
    timelines = draw(st.dictionaries(st.text("abcé", min_size=1, max_size=3), TIMELINE, min_size=3, max_size=8))
    changes = draw(st.dictionaries(st.integers(0, 27), WORDS, min_size=4, max_size=24))
    paths = draw(st.dictionaries(st.integers(0, 39), st.lists(st.sampled_from(["a/b/c.py", "a/d.py", "Billing"]))))
    texts = draw(st.dictionaries(st.sampled_from(sorted(timelines)), st.sampled_from(["login fails", "port", ""])))
    chosen = TripletSettings(
        relevance=draw(st.sampled_from(["flip", "transition", "any_failure"])),
        min_fail_builds=draw(st.integers(0, 2)),
        min_pass_builds=draw(st.integers(0, 2)),
        max_triplets_per_test=draw(st.integers(1, 4)),
        max_per_build=draw(st.integers(1, 3) | st.none()),
        negatives=draw(st.sampled_from(["random", "hard"])),
        flaky_threshold=draw(st.sampled_from([1.0, 0.5, 0.2])),
        seed=draw(st.integers(0, 2**70)),
    )
    return {"timelines": timelines, "changes": changes, "paths": paths, "texts": texts}, chosen


def mine(history: History, chosen: TripletSettings) -> MinedTriplets:
    return mine_triplets(history, split_by_time(history.builds, chosen.split), chosen)


@EXAMPLES
@given(drawn(), st.integers(0, 999))
def test_the_row_order_of_the_input_does_not_matter(
    history_of: Any, shuffled: Callable[[History, int], History], case: Any, seed: int
) -> None:
    made, chosen = case
    history = history_of(**made)
    other = shuffled(history, seed)
    assert history_digest(other) == history_digest(history)
    first = mine(history, chosen)
    splits = split_by_time(history.builds, chosen.split).sample(fraction=1, shuffle=True, seed=seed)
    second = mine_triplets(other, splits, chosen)
    assert second.triplets.equals(first.triplets)
    assert second.funnel == first.funnel


@EXAMPLES
@given(drawn())
def test_the_funnel_adds_up(history_of: Any, case: Any) -> None:
    made, chosen = case
    mined = mine(history_of(**made), chosen)
    count = {row.name: row.count for row in mined.funnel}
    train = mined.triplets.filter(pl.col("split") == "train")
    assert count["runs"] == count["runs_without_verdict"] + count["labelled_runs"]
    assert count["relevant_runs"] == sum(
        count[f"relevant_runs_{where}"]
        for where in ("without_change_text", "in_left_out_builds", "held_out", "in_training")
    )
    left_out = sum(row.count for row in mined.funnel if row.name.startswith("tests_"))
    assert count["tests"] == len(made["timelines"]) == left_out + count["valid_tests"]
    assert count["valid_tests"] == train["test_id"].n_unique()
    lost = sum(row.count for row in mined.funnel if row.name.startswith("pairs_"))
    assert count["relevant_runs_in_training"] == lost + train.height
    assert mined.counts["train"] == train.height == count["triplets_train"]


@EXAMPLES
@given(drawn())
def test_no_triplet_leaks_contradicts_itself_or_goes_over_a_cap(history_of: Any, case: Any) -> None:
    made, chosen = case
    history = history_of(**made)
    splits = split_by_time(history.builds, chosen.split)
    triplets = mine_triplets(history, splits, chosen).triplets
    builds = history.builds.select("build_id", "started_at", "change_text").join(splits, on="build_id")
    assert leakage_report(builds, triplets).total == 0
    sides: dict[tuple[str, str, str], set[str]] = {}
    for row in triplets.iter_rows(named=True):
        for side in ("positive", "negative"):
            assert row[side].strip()
            sides.setdefault((row["split"], row["test_id"], normalized(row[side])), set()).add(side)
        assert row["anchor"].strip()
    assert all(len(found) == 1 for found in sides.values())
    assert triplets.n_unique(["test_id", "positive_build"]) == triplets.height
    for unit, limit in (("test_id", chosen.max_triplets_per_test), ("positive_build", chosen.max_per_build)):
        most = triplets.group_by("split", unit).len()["len"].max()
        assert most is None or limit is None or most <= limit  # type: ignore[operator]


@EXAMPLES
@given(drawn())
def test_plain_pandas_mines_the_same_triplets(history_of: Any, peer: ModuleType, case: Any) -> None:
    made, chosen = case
    chosen = chosen.model_copy(update={"negatives": "random"})
    history = history_of(**made)
    frames = [table.to_pandas() for table in history.tables().values()]
    expected = peer.mine_with_pandas(*frames, chosen)
    assert mine(history, chosen).triplets.rows() == list(expected.itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def peer() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "mining_peer.py"
    spec = importlib.util.spec_from_file_location("mining_peer", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mining_peer"] = module
    spec.loader.exec_module(module)
    return module
