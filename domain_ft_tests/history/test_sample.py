"""The made-up history: equal for equal seeds, believable, and as telling as its signal says."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.history.sample.generate import SampleBuild, SampleHistory, sample_history
from domain_ft.history.sample.product import COMPONENTS, spots
from domain_ft.history.sample.timeline import BLOCKED, ERROR, FAIL, PASS, SKIPPED


@pytest.fixture(scope="module")
def history() -> SampleHistory:
    return sample_history(builds=300, tests=240, seed=7, signal=0.8)


def flips(history: SampleHistory) -> list[tuple[SampleBuild, int]]:
    """Each build with a test whose verdict changed there."""
    failed: dict[int, bool] = {}
    found = []
    for build in history.builds:
        for test, verdict in zip(build.tests.tolist(), build.verdicts.tolist(), strict=True):
            if verdict in (SKIPPED, BLOCKED):
                continue
            now = verdict in (FAIL, ERROR)
            if failed.setdefault(test, now) != now:
                found.append((build, test))
            failed[test] = now
    return found


def changed_components(history: SampleHistory, build: SampleBuild) -> set[int]:
    """Components that a build works on or repairs."""
    repaired = [history.builds[broken].plan.worked_on[0] for broken in build.plan.repairs]
    return {spot.component for spot in [*build.plan.worked_on, *repaired]}


def explained(history: SampleHistory) -> float:
    """Share of flips of tests of a changed component."""
    pairs = flips(history)
    hits = [history.tests[test].spot.component in changed_components(history, build) for build, test in pairs]
    return sum(hits) / len(hits)


def test_equal_arguments_give_the_equal_history() -> None:
    one, other = (sample_history(builds=40, tests=60, seed=3, signal=0.5) for _ in range(2))
    assert one.tests == other.tests
    for left, right in zip(one.builds, other.builds, strict=True):
        assert (left.build_id, left.commits, left.started_at) == (right.build_id, right.commits, right.started_at)
        assert left.tests.tolist() == right.tests.tolist()
        assert left.verdicts.tolist() == right.verdicts.tolist()


def test_another_seed_gives_another_history() -> None:
    one, other = (sample_history(builds=40, tests=60, seed=seed, signal=0.5) for seed in (3, 4))
    assert [test.summary for test in one.tests] != [test.summary for test in other.tests]


def test_the_signal_changes_no_text() -> None:
    one, other = (sample_history(builds=60, tests=60, seed=3, signal=signal) for signal in (0.0, 1.0))
    assert one.tests == other.tests
    assert [build.commits for build in one.builds] == [build.commits for build in other.builds]


def test_flips_follow_the_changed_component_as_strongly_as_the_signal_says() -> None:
    shares = [explained(sample_history(builds=400, tests=240, seed=5, signal=signal)) for signal in (0, 0.5, 0.8, 1)]
    assert shares == sorted(shares)
    assert shares[0] < 0.15
    assert 0.65 < shares[2] < 0.85
    assert shares[3] > 0.85


def test_at_signal_zero_a_changed_component_is_hit_no_more_often_than_another() -> None:
    made = [sample_history(builds=400, tests=240, seed=seed, signal=0) for seed in range(5)]
    hits, expected = 0.0, 0.0
    for history in made:
        size = Counter(test.spot.component for test in history.tests)
        for build, test in flips(history):
            changed = changed_components(history, build)
            hits += history.tests[test].spot.component in changed
            expected += sum(size[component] for component in changed) / len(history.tests)
    assert hits == pytest.approx(expected, abs=4 * expected**0.5)


def test_flips_go_both_ways_and_most_builds_have_one(history: SampleHistory) -> None:
    pairs = flips(history)
    failed = Counter(int(build.verdicts[build.tests == test][0]) in (FAIL, ERROR) for build, test in pairs)
    assert 0.8 < failed[True] / failed[False] < 1.3
    assert len({build.build_id for build, _ in pairs}) > 0.6 * len(history.builds)


def test_all_verdicts_occur_and_most_runs_pass(history: SampleHistory) -> None:
    verdicts = Counter(np.concatenate([build.verdicts for build in history.builds]).tolist())
    assert set(verdicts) == {PASS, FAIL, ERROR, SKIPPED, BLOCKED}
    assert verdicts[PASS] > 0.8 * verdicts.total()


def test_some_tests_fail_for_ever_and_some_come_later(history: SampleHistory) -> None:
    verdicts: dict[int, list[int]] = {}
    first: dict[int, int] = {}
    for number, build in enumerate(history.builds):
        for test, verdict in zip(build.tests.tolist(), build.verdicts.tolist(), strict=True):
            verdicts.setdefault(test, []).append(verdict)
            first.setdefault(test, number)
    assert any(len(of_test) > 20 and PASS not in of_test for of_test in verdicts.values())
    assert sum(number > 30 for number in first.values()) > 0.1 * len(history.tests)


def test_builds_start_one_after_the_other_on_working_days(history: SampleHistory) -> None:
    starts = [build.started_at for build in history.builds]
    assert all(earlier < later for earlier, later in pairwise(starts))
    assert all(start.weekday() < 5 for start in starts)
    assert (starts[-1] - starts[0]).days > 90


def test_a_build_has_one_to_three_commits_each_with_its_hash(history: SampleHistory) -> None:
    for build in history.builds:
        messages, hashes = build.commits[::2], build.commits[1::2]
        assert 1 <= len(messages) == len(hashes) <= 3
        assert all(len(one) == 40 for one in hashes)


def test_texts_of_tests_name_no_service() -> None:
    history = sample_history(builds=10, tests=600, seed=1, signal=1)
    names = {name for component in COMPONENTS for name in component.names}
    for test in history.tests:
        assert not any(re.search(rf"\b{name}\b", f"{test.summary} {test.steps}") for name in names)


def test_a_feature_has_several_words_on_either_side_and_shares_none_of_its_phrases_with_another() -> None:
    phrases = Counter(phrase for spot in spots() for phrase in (*spot.feature.seen, *spot.feature.about))
    assert max(phrases.values()) == 1
    names = Counter(name for component in COMPONENTS for name in component.names)
    assert max(names.values()) == 1
    for spot in spots():
        sides = (spot.feature.seen, spot.feature.about, spot.feature.behaves, spot.feature.inner)
        assert [len(side) for side in sides] == [3, 2, 4, 4]


@settings(max_examples=25)
@given(builds=st.integers(1, 40), tests=st.integers(1, 80), seed=st.integers(0, 2**40), signal=st.floats(0, 1))
def test_any_size_gives_a_history_of_that_size(builds: int, tests: int, seed: int, signal: float) -> None:
    history = sample_history(builds=builds, tests=tests, seed=seed, signal=signal)
    assert (len(history.builds), len(history.tests)) == (builds, tests)
    for build in history.builds:
        assert len(build.tests) == len(build.verdicts) == len(set(build.tests.tolist()))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"builds": 0}, "0 builds"),
        ({"tests": 0}, "0 tests"),
        ({"seed": -1}, "seed -1"),
        ({"signal": 1.5}, "signal 1.5"),
    ],
)
def test_impossible_arguments_are_named(wrong: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        sample_history(**{"builds": 10, "tests": 10, "seed": 1, "signal": 0.8, **wrong})  # type: ignore[arg-type]
