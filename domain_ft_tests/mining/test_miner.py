"""What becomes a triplet, and what each setting does to it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from domain_ft.history.tables import History
from domain_ft.mining.miner import MinedTriplets, mine_triplets
from domain_ft.mining.settings import TripletSettings
from domain_ft.splits.by_time import split_by_time

Mine = Callable[..., MinedTriplets]


@pytest.fixture
def mine(history_of: Any, in_training: Callable[[History], pl.DataFrame]) -> Mine:
    """Mine timelines of which every build is in training; keywords are settings."""

    def run(timelines: dict[str, str], *, history: dict[str, Any] | None = None, **settings: Any) -> MinedTriplets:
        made = history_of(timelines, **(history or {}))
        return mine_triplets(made, in_training(made), TripletSettings(**settings))

    return run


def pairs(mined: MinedTriplets) -> list[tuple[str, str]]:
    return mined.triplets.select("test_id", "positive_build").rows()


def funnel(mined: MinedTriplets) -> dict[str, int]:
    return {row.name: row.count for row in mined.funnel}


def many(count: int, line: str) -> dict[str, str]:
    return {f"t{i:03d}": line for i in range(count)}


def test_a_triplet_is_a_tests_text_a_relevant_change_and_an_unaffected_one(mine: Mine) -> None:
    assert mine({"t": "PF"}).triplets.to_dicts() == [
        {
            "anchor": "text of t",
            "positive": "change 1",
            "negative": "change 0",
            "test_id": "t",
            "positive_build": "b001",
            "negative_build": "b000",
            "split": "train",
            "slice": "break",
        }
    ]


def test_a_build_that_fixed_the_test_is_no_negative(mine: Mine) -> None:
    assert set(mine({"t": "PFPF"}).triplets["negative_build"]) == {"b000"}


def test_a_build_in_which_the_test_did_not_run_is_no_negative(mine: Mine) -> None:
    mined = mine({"t": "P.SBF", "u": "PPPPP"})
    assert mined.triplets["negative_build"].to_list() == ["b000"]


@pytest.mark.parametrize(
    ("relevance", "builds"),
    [("flip", ["b002", "b004"]), ("transition", ["b002"]), ("any_failure", ["b002", "b003"])],
)
def test_relevance_decides_which_changes_are_positive(mine: Mine, relevance: str, builds: list[str]) -> None:
    assert [build for _, build in pairs(mine({"t": "PPFFPP"}, relevance=relevance))] == builds


def test_slices_come_along(mine: Mine) -> None:
    assert mine({"t": "PPFFPP"}).triplets["slice"].to_list() == ["break", "fix"]
    assert mine({"t": "FFPP"}, relevance="any_failure").triplets["slice"].to_list() == ["first", "repeat"]


def test_min_fail_builds_leaves_out_tests_that_failed_less_often(mine: Mine) -> None:
    timelines = {"once": "PPF", "twice": "PFF"}
    assert {test for test, _ in pairs(mine(timelines, min_fail_builds=1))} == {"once", "twice"}
    mined = mine(timelines, min_fail_builds=2)
    assert {test for test, _ in pairs(mined)} == {"twice"}
    assert funnel(mined)["tests_few_failing_builds"] == 1


def test_min_pass_builds_leaves_out_tests_that_passed_less_often(mine: Mine) -> None:
    timelines = {"once": "PFF", "twice": "PPF"}
    assert {test for test, _ in pairs(mine(timelines, min_pass_builds=1))} == {"once", "twice"}
    mined = mine(timelines, min_pass_builds=2)
    assert {test for test, _ in pairs(mined)} == {"twice"}
    assert funnel(mined)["tests_few_passing_builds"] == 1


def test_max_triplets_per_test_caps_each_test(mine: Mine) -> None:
    timelines = {"t": "PP" + "FP" * 10, "u": "PF"}
    assert len(pairs(mine(timelines, max_triplets_per_test=100, flaky_threshold=1))) == 21
    mined = mine(timelines, max_triplets_per_test=3, flaky_threshold=1)
    assert Counter(test for test, _ in pairs(mined)) == {"t": 3, "u": 1}
    assert funnel(mined)["pairs_over_max_triplets_per_test"] == 17


def test_max_per_build_caps_each_build(mine: Mine) -> None:
    assert len(pairs(mine(many(20, "PF"), max_per_build=None))) == 20
    mined = mine(many(20, "PF"), max_per_build=4)
    assert len(pairs(mined)) == 4
    assert funnel(mined)["pairs_over_max_per_build"] == funnel(mined)["tests_over_max_per_build"] == 16


def test_flaky_threshold_leaves_out_tests_that_flip_in_a_larger_share_of_their_runs(mine: Mine) -> None:
    timelines = {"flaky": "PFPFPF", "steady": "PPPPPF"}
    assert {test for test, _ in pairs(mine(timelines, flaky_threshold=1))} == {"flaky", "steady"}
    mined = mine(timelines, flaky_threshold=0.5)
    assert {test for test, _ in pairs(mined)} == {"steady"}
    assert funnel(mined)["tests_flaky"] == 1


def test_a_test_is_not_called_flaky_on_fewer_than_five_runs(mine: Mine) -> None:
    assert {test for test, _ in pairs(mine({"t": "PFPF"}, flaky_threshold=0.1))} == {"t"}
    assert pairs(mine({"t": "PFPFP"}, flaky_threshold=0.1)) == []


def test_the_seed_decides_which_pairs_and_negatives_are_taken(mine: Mine) -> None:
    timelines = many(30, "PPPPPPPPF")
    taken = [mine(timelines, seed=seed, max_per_build=5) for seed in (1, 1, 2)]
    assert taken[0].triplets.equals(taken[1].triplets)
    assert set(pairs(taken[0])) != set(pairs(taken[2]))
    negatives = [mine(timelines, seed=seed, max_per_build=None).triplets["negative_build"].to_list() for seed in (1, 2)]
    assert negatives[0] != negatives[1]


def test_negatives_are_spread_over_the_unaffected_builds(mine: Mine) -> None:
    negatives = Counter(mine(many(400, "PPPPF"), max_per_build=None).triplets["negative_build"])
    assert sorted(negatives) == ["b000", "b001", "b002", "b003"]
    assert min(negatives.values()) > 60


def test_a_choice_stands_when_other_tests_and_builds_arrive(mine: Mine) -> None:
    before = mine(many(50, "PPPPPPPPPF"), max_per_build=None).triplets
    after = mine({**many(50, "PPPPPPPPPF"), "a new one": ".........PPPF"}, max_per_build=None).triplets
    assert after.filter(pl.col("test_id") != "a new one").equals(before)


def test_a_text_that_is_positive_and_negative_for_a_test_is_dropped_and_counted(mine: Mine) -> None:
    mined = mine({"t": "PPFPF"}, history={"changes": {1: "Same  text", 2: "same text"}}, flaky_threshold=1)
    assert pairs(mined) == [("t", "b003"), ("t", "b004")]
    assert set(mined.triplets["negative_build"]) == {"b000"}
    assert funnel(mined)["pairs_with_conflicting_text"] == 1


def test_a_test_whose_changes_all_conflict_is_left_out_for_that_reason(mine: Mine) -> None:
    mined = mine({"t": "PF"}, history={"changes": {0: "Same text", 1: "same text"}})
    assert pairs(mined) == []
    assert funnel(mined)["tests_conflicting_text"] == 1


def test_a_text_that_conflicts_for_one_test_stays_for_another(mine: Mine) -> None:
    mined = mine({"t": "PPF", "u": "P.F"}, history={"changes": {1: "same text", 2: "same text"}})
    assert pairs(mined) == [("u", "b002")]


@pytest.mark.parametrize("empty", ["", " \n\t"])
def test_builds_without_change_text_are_left_out_and_counted_but_stay_in_the_timeline(mine: Mine, empty: str) -> None:
    mined = mine({"t": "PFFP"}, history={"changes": {1: empty}})
    assert pairs(mined) == [("t", "b003")]
    assert funnel(mined)["builds_without_change_text"] == 1
    assert funnel(mined)["relevant_runs_without_change_text"] == 1


def test_a_test_relevant_only_to_builds_without_text_is_left_out_for_that_reason(mine: Mine) -> None:
    mined = mine({"t": "PF"}, history={"changes": {1: ""}})
    assert funnel(mined)["tests_no_change_text"] == 1


def test_a_test_without_text_is_left_out_and_counted(mine: Mine) -> None:
    mined = mine({"t": "PF", "u": "PF"}, history={"texts": {"t": " "}})
    assert pairs(mined) == [("u", "b001")]
    assert funnel(mined)["tests_without_text"] == 1


def test_positive_and_negative_are_of_the_triplets_split(history_of: Any) -> None:
    history = history_of(many(5, "PPF" * 13 + "P"))
    splits = split_by_time(history.builds, TripletSettings().split)
    triplets = mine_triplets(history, splits, TripletSettings(flaky_threshold=1)).triplets
    split_of = dict(splits.select("build_id", "split").iter_rows())
    assert set(triplets["split"]) == {"train", "validation", "test"}
    for row in triplets.iter_rows(named=True):
        assert split_of[row["positive_build"]] == split_of[row["negative_build"]] == row["split"]


def test_the_split_setting_moves_triplets_between_the_splits(history_of: Any) -> None:
    history = history_of(many(5, "PPFPPFPPFPPFPPFPPFPP"))
    counts = []
    for share in (0.2, 0.5):
        settings = TripletSettings(split={"validation": 0.1, "test": share}, flaky_threshold=1)  # type: ignore[arg-type]
        counts.append(mine_triplets(history, split_by_time(history.builds, settings.split), settings).counts)
    assert counts[0]["train"] > counts[1]["train"]
    assert counts[0]["test"] < counts[1]["test"]


def test_builds_that_a_split_leaves_out_give_no_triplet(history_of: Any) -> None:
    history = history_of({"t": "PFP" * 6 + "PF"}, changes={1: "same text", 19: "same text"})
    splits = split_by_time(history.builds, TripletSettings().split)
    mined = mine_triplets(history, splits, TripletSettings(flaky_threshold=1))
    assert "b001" not in mined.triplets["positive_build"]
    assert funnel(mined)["relevant_runs_in_left_out_builds"] == 1


def test_training_triplets_do_not_depend_on_what_happens_later(history_of: Any) -> None:
    lines = many(6, "PPFPPPPPPFPPPP")
    calm = history_of({test: line + "PPPPPP" for test, line in lines.items()})
    wild = history_of({test: line + "FPFPFP" for test, line in lines.items()})
    settings = TripletSettings(flaky_threshold=0.4, min_fail_builds=2)
    train = [
        mine_triplets(history, split_by_time(history.builds, settings.split), settings).triplets.filter(
            pl.col("split") == "train"
        )
        for history in (calm, wild)
    ]
    assert train[0].height
    assert train[0].equals(train[1])


def test_later_splits_judge_a_test_by_all_that_came_before(history_of: Any) -> None:
    flaky_before = history_of({"t": "PFPFPFPFPFPFPFPPPPPF"})
    mined = mine_triplets(
        flaky_before, split_by_time(flaky_before.builds, TripletSettings().split), TripletSettings(flaky_threshold=0.6)
    )
    assert mined.counts == {"train": 0, "validation": 0, "test": 0}


def test_an_empty_history_gives_no_triplets_and_a_funnel_of_zeros(mine: Mine) -> None:
    mined = mine({})
    assert mined.triplets.height == 0
    assert set(funnel(mined).values()) == {0}
