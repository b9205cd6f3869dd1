"""What is known of a (build, test) when the build starts: right, and never from the future."""

import hashlib
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.history.tables import History
from domain_ft.lexical import LexicalIndex
from domain_ft.prioritization import similar_changes
from domain_ft.prioritization.features import (
    STRUCTURAL,
    FeatureTable,
    labelled_rows,
    semantic_features,
    structural_features,
)
from domain_ft.prioritization.settings import LookbackSettings
from domain_ft.prioritization.timeline import Timeline, build_timeline
from domain_ft_tests.prioritization.histories import Build, history

LOOKBACK = LookbackSettings(window=2, half_life=2, neighbours=3)
WORDS = ("pack", "array", "login", "fix", "open", "cart")
TESTS = ("array pack", "login form", "cart total", "open file")


def vectors(texts: tuple[str, ...]) -> Any:
    """Unit vectors that say of a text only that it is this one."""
    rows = [np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], dtype=np.uint8) for text in texts]
    found = np.array(rows, dtype=np.float32).reshape(-1, 8) - 128
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


def features(told: History, lookback: LookbackSettings = LOOKBACK) -> dict[tuple[str, str], dict[str, float]]:
    """(build, test) -> feature -> value."""
    timeline = build_timeline(told, "flip")
    rows, _ = labelled_rows(timeline)
    table = structural_features(timeline, rows, lookback).beside(
        semantic_features(timeline, rows, vectors(timeline.change_texts), vectors(timeline.test_texts), lookback)
    )
    return {
        (timeline.build_ids[build], timeline.test_ids[test]): dict(zip(table.names, values.tolist(), strict=True))
        for build, test, values in zip(rows.build.tolist(), rows.test.tolist(), table.values, strict=True)
    }


def same(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(np.isclose(one[name], other[name], rtol=1e-5, atol=1e-6, equal_nan=True) for name in one)


runs_of = st.dictionaries(
    st.sampled_from(TESTS), st.tuples(st.sampled_from("pfes"), st.sampled_from([0.0, 1.0, 30.0, 400.0])), min_size=1
)
texts_of = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)


@st.composite
def built(draw: st.DrawFn, most: int = 8) -> list[Build]:
    count = draw(st.integers(2, most))
    minutes = sorted(draw(st.lists(st.integers(0, 20), min_size=count, max_size=count)))
    return [
        Build(f"b{number}", minute, draw(texts_of), draw(runs_of), tuple(draw(texts_of).split()))
        for number, minute in enumerate(minutes)
    ]


@given(built(), st.data())
def test_no_feature_of_a_row_changes_with_later_builds_those_under_way_or_its_own_verdict(
    builds: list[Build], data: st.DataObject
) -> None:
    nothing_leaks(builds, data, LOOKBACK)


@given(built(most=12), st.data())
def test_nor_does_one_where_blocks_of_builds_and_a_short_memory_cut_the_history(
    builds: list[Build], data: st.DataObject
) -> None:
    """As they cut any long one: similar changes are looked for in blocks, among the newest builds before each."""
    with patch.object(similar_changes, "_AT_ONCE", 3):
        nothing_leaks(builds, data, LOOKBACK.model_copy(update={"builds": 4}))


def nothing_leaks(builds: list[Build], data: st.DataObject, lookback: LookbackSettings) -> None:
    cut = data.draw(st.integers(0, len(builds) - 1))
    own = builds[cut]
    later, earlier = builds[cut + 1 :], builds[:cut]
    other_verdicts = {test: (data.draw(st.sampled_from("pfe")), seconds) for test, (_, seconds) in own.runs.items()}
    altered = [
        replace(build, text=data.draw(texts_of), runs=data.draw(runs_of)) for build in later if data.draw(st.booleans())
    ]
    more = Build("z", 30, "quite another change", {"a new test": "f", TESTS[0]: "f"})
    labelled = {test for test, (letter, _) in own.runs.items() if letter != "s"}
    ends = {build.id: build.minute * 60 + sum(seconds for _, seconds in build.runs.values()) for build in builds}
    under_way = [build for build in earlier if max(ends[build.id], build.minute * 60 + 1e-6) > own.minute * 60]
    seen = [
        replace(build, runs={test: (data.draw(st.sampled_from("pfe")), s) for test, (_, s) in build.runs.items()})
        if build in under_way
        else build
        for build in earlier
    ]
    before = features(history(builds), lookback)
    after = features(history([*seen, replace(own, runs=other_verdicts), *altered, more]), lookback)
    for test in labelled:
        assert same(before[own.id, test], after[own.id, test])


def test_each_build_has_the_features_that_it_had_when_it_was_the_newest() -> None:
    """Also where it stands in the middle of its block, and the memory is shorter than a block."""
    letters = ("pfpp", "fppp", "pppf", "ppfp", "fpfp")
    builds = [
        Build(f"b{number:02}", number, WORDS[number % 4], dict(zip(TESTS, letters[number % 5], strict=True)))
        for number in range(14)
    ]
    lookback = LOOKBACK.model_copy(update={"builds": 2})
    with patch.object(similar_changes, "_AT_ONCE", 3):
        whole = features(history(builds), lookback)
        for number, build in enumerate(builds):
            then = features(history(builds[: number + 1]), lookback)
            assert all(same(then[build.id, test], whole[build.id, test]) for test in TESTS)


@given(built())
def test_the_record_of_a_test_is_that_of_a_walk_along_its_finished_runs(builds: list[Build]) -> None:
    ends = {
        build.id: build.minute * 60 + max(sum(seconds for _, seconds in build.runs.values()), 1e-6) for build in builds
    }
    for (build_id, test), found in features(history(builds)).items():
        own = next(build for build in builds if build.id == build_id)
        known = sorted(
            (ends[build.id], number, build.runs[test][0] != "p", build.runs[test][1])
            for number, build in enumerate(builds)
            if test in build.runs and build.runs[test][0] != "s" and ends[build.id] <= own.minute * 60
        )
        failed = [fails for *_, fails, _ in known]
        assert found["known_runs"] == len(known)
        assert found["test_novelty"] == (not known)
        assert same(
            {name: found[name] for name in ("failure_rate", "recent_failure_rate", "last_failed", "mean_duration_s")},
            {
                "failure_rate": np.mean(failed) if failed else np.nan,
                "recent_failure_rate": np.mean(failed[-2:]) if failed else np.nan,
                "last_failed": float(failed[-1]) if failed else np.nan,
                "mean_duration_s": np.mean([seconds for *_, seconds in known]) if known else np.nan,
            },
        )
        if True in failed:
            assert found["runs_since_failure"] == failed[::-1].index(True)


def test_a_build_that_has_not_ended_is_not_known() -> None:
    long = Build("a", 0, "", {"t": ("f", 600.0)})
    soon, late = Build("b", 5, "", {"t": "p"}), Build("c", 10, "", {"t": "p"})
    found = features(history([long, soon, late]))
    assert found["b", "t"]["known_runs"] == 0
    assert found["c", "t"]["known_runs"] == 2


def test_tests_that_run_side_by_side_end_sooner() -> None:
    builds = [Build("a", 0, "", {"t": ("f", 300.0), "u": ("p", 300.0)}), Build("b", 6, "", {"t": "p"})]
    timeline = build_timeline(history(builds), "flip", parallel=2)
    rows, _ = labelled_rows(timeline)
    table = structural_features(timeline, rows, LOOKBACK)
    assert table["known_runs"][rows.build == 1].tolist() == [1]


def test_a_duration_below_zero_is_not_known() -> None:
    found = features(history([Build("a", 0, "", {"t": ("f", -5.0)}), Build("b", 1, "", {"t": "p"})]))
    assert found["b", "t"]["known_runs"] == 1
    assert np.isnan(found["b", "t"]["mean_duration_s"])


def test_bm25_is_that_of_the_library_where_all_tests_have_been_seen() -> None:
    runs = dict.fromkeys(TESTS, "p")
    told = history([Build("a", 0, "first", runs), Build("b", 1, "fix array pack, and the pack of cart", runs)])
    timeline = build_timeline(told, "flip")
    rows, _ = labelled_rows(timeline)
    table = structural_features(timeline, rows, LOOKBACK)
    expected = LexicalIndex(timeline.test_texts).scores(timeline.change_texts[1])
    assert table["bm25"][rows.build == 1] == pytest.approx(expected, rel=1e-5)


def test_a_word_weighs_by_the_tests_that_were_there_then() -> None:
    few = [Build("a", 0, "pack", {"pack one": "p", "other": "p"})]
    many = [*few, Build("b", 1, "pack", {f"pack {number}": "p" for number in range(20)})]
    assert features(history(few))["a", "pack one"]["bm25"] == features(history(many))["a", "pack one"]["bm25"] > 0


def test_what_a_similar_change_broke_may_break_again() -> None:
    runs = {"t": "p", "u": "p"}
    builds = [
        Build("a", 0, "first", runs),
        Build("b", 1, "rewrite the array packer", {"t": "f", "u": "p"}),
        Build("c", 2, "translate the manual", {"t": "p", "u": "f"}),
        Build("d", 3, "translate", runs),
        Build("e", 4, "array packer again", runs),
    ]
    found = features(history(builds))
    assert found["e", "t"]["similar_broke"] > found["e", "u"]["similar_broke"]
    assert found["d", "u"]["similar_broke"] > found["d", "t"]["similar_broke"]


def test_a_test_that_broke_beside_another_is_expected_beside_it() -> None:
    runs = {"t": "p", "u": "p", "v": "p"}
    builds = [
        Build("a", 0, "first", runs),
        Build("b", 1, "cart", {"t": "f", "u": "f", "v": "p"}),
        Build("c", 2, "something else", runs),
        Build("d", 3, "login", {"t": "f", "u": "p", "v": "p"}),
        Build("e", 4, "something else", runs),
        Build("f", 5, "login", runs),
    ]
    found = features(history(builds), LOOKBACK.model_copy(update={"neighbours": 1}))
    assert found["f", "u"]["similar_broke"] == 0
    assert found["f", "u"]["co_failure"] > found["f", "v"]["co_failure"] == 0


def test_changes_of_another_scope_say_nothing() -> None:
    one = [Build("a", 0, "x", {"t": "p"}), Build("b", 1, "array", {"t": "f"}), Build("c", 3, "array", {"t": "p"})]
    other = Build("o", 2, "array", {"w": "f"}, scope="elsewhere")
    assert same(features(history(one))["c", "t"], features(history([*one, other]))["c", "t"])


def test_a_change_says_what_a_test_is_about() -> None:
    builds = [Build("a", 0, "Cart", {"t": "p", "u": "p"}, ("src/login.py",))]
    told = history(builds, {"t": "Cart#total adds up", "u": "Login refuses"})
    timeline = build_timeline(told, "flip")
    table = structural_features(timeline, labelled_rows(timeline)[0], LOOKBACK)
    assert table["area_overlap"].tolist() == [1.0, 1.0]
    assert table["component_overlap"].tolist() == [0.0, 0.5]
    assert table["text_overlap"][0] == pytest.approx(1 / 4)


def test_a_history_of_nothing_has_no_rows() -> None:
    timeline: Timeline = build_timeline(history([]), "flip")
    rows, _ = labelled_rows(timeline)
    table: FeatureTable = structural_features(timeline, rows, LOOKBACK)
    assert table.values.shape == (0, len(STRUCTURAL))
