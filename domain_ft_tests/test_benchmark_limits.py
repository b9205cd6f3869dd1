"""A benchmark whose limit is broken says which, and is no success."""

import runpy
from typing import Any

import pytest

from domain_ft.store.home import CHECKOUT

pytestmark = pytest.mark.slow  # what they measure beside us takes seconds to import


def broken(name: str, report: dict[str, Any]) -> list[str]:
    found: list[str] = runpy.run_path(str(CHECKOUT / "benchmarks" / f"{name}.py"))["broken"](report)
    return found


DUPLICATES = {"seconds": 6.0, "added_mb": 22, "same_as_brute_force_on_2000": True}
INDEX = {"build_s": 9.0, "hybrid_ms": {"p50": 30.0}, "recall_at_10": 1.0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"seconds": 61.0}, ["seconds 61 is above 60"]),
        ({"added_mb": 10_000}, ["added_mb 10000 is above 256"]),
        ({"same_as_brute_force_on_2000": False}, ["pairs differ from those of brute force"]),
    ],
)
def test_duplicates_have_limits_of_time_memory_and_pairs(changed: dict[str, Any], said: list[str]) -> None:
    assert broken("duplicates", DUPLICATES | changed) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"build_s": 61.0}, ["build_s 61 is above 60"]),
        ({"hybrid_ms": {"p50": 51.0}}, ["hybrid_p50_ms 51 is above 50"]),
        ({"recall_at_10": 0.98}, ["recall_at_10 0.98 is below 0.99"]),
    ],
)
def test_the_index_has_limits_of_time_and_recall(changed: dict[str, Any], said: list[str]) -> None:
    assert broken("passage_index", INDEX | changed) == said
