"""What is judged: splits, faults, slices, clusters."""

import numpy as np

from domain_ft.prioritization.case import PrioritizationCase, prioritization_case
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft_tests.prioritization.histories import Build, history

BUILDS = [
    Build("a", 0, "one", {"t": "f", "u": "p", "v": "p"}),
    Build("b", 1, "two", {"t": "f", "u": "f", "v": "p"}),
    Build("c", 2, "Two ", {"t": "p", "u": "f", "v": "s"}),
    Build("d", 3, "", {"t": "p", "u": "p", "v": "f"}),
    Build("e", 4, "", {"t": "f", "u": "p", "v": "p"}),
]
SPLITS = {"a": "train", "b": "validation", "c": "test", "d": "test", "e": "test"}


def case(known: frozenset[str] = frozenset(), **settings: object) -> PrioritizationCase:
    return prioritization_case(
        history(BUILDS), SPLITS, "flip", PrioritizationSettings(**settings), known, {"seen": len(known)}
    )


def named(found: PrioritizationCase, mask: np.ndarray) -> list[str]:
    timeline, rows = found.timeline, found.rows
    return [
        timeline.build_ids[build] + timeline.test_ids[test]
        for build, test in zip(rows.build[mask].tolist(), rows.test[mask].tolist(), strict=True)
    ]


def test_a_fault_is_a_run_that_the_change_concerns_or_one_that_failed() -> None:
    relevant = case(faults="relevant")
    assert named(relevant, relevant.faults) == ["bu", "ct", "du", "dv", "et", "ev"]
    failing = case()
    assert named(failing, failing.faults) == ["at", "bt", "bu", "cu", "dv", "et"]


def test_the_slices_tell_first_failures_from_repeats_and_breaks_from_fixes() -> None:
    found = case()
    assert {name: named(found, mask) for name, mask in found.slices.items() if "steady" not in name} == {
        "first_failures": ["at", "bu", "dv"],
        "repeat_failures": ["bt", "cu", "et"],
        "breaks": ["bu", "dv", "et"],
        "fixes": ["ct", "du", "ev"],
    }


def test_flaky_and_always_failing_tests_are_told_by_their_earlier_runs() -> None:
    letters = {"flaky": "pfpfpf", "broken": "ffffff", "steady": "pppppf"}
    builds = [
        Build(f"b{number}", number, f"change {number}", {test: each[number] for test, each in letters.items()})
        for number in range(6)
    ]
    splits = {build.id: "test" for build in builds}
    found = prioritization_case(history(builds), splits, "flip", PrioritizationSettings(faults="failing"))
    assert named(found, found.slices["steady_tests"] & (found.rows.build == 5)) == ["b5steady"]
    assert named(found, found.slices["unsteady_tests"] & (found.rows.build == 5)) == ["b5broken", "b5flaky"]


def test_a_build_that_a_model_knows_is_not_judged() -> None:
    found = case(frozenset({"c"}))
    assert len(found.judged("test").builds) == 2
    assert found.excluded == {"seen": 1}


def test_builds_of_one_change_text_are_one_piece_of_evidence_and_those_without_text_are_each_their_own() -> None:
    assert len(set(case().clusters.tolist())) == 4
    assert case().clusters[1] == case().clusters[2]


def test_a_run_that_was_skipped_is_no_row() -> None:
    assert "cv" not in named(case(), np.ones(len(case().rows), dtype=bool))
