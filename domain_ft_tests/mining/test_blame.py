"""When too few triplets come out, the error names the setting or the lack in the data that is to blame."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.history.tables import History
from domain_ft.mining.dataset import build_history_dataset
from domain_ft.mining.settings import TripletSettings

STEADY = {f"t{i}": "PPFFPP" * 5 for i in range(6)}


@pytest.fixture
def refusal(history_of: Any, publish_raw: Callable[[History], Path], tmp_path: Path) -> Callable[..., str]:
    """The sentence with which these timelines are refused; keywords are settings."""

    def run(timelines: dict[str, str], *, changes: dict[int, str] | None = None, **settings: Any) -> str:
        raw = publish_raw(history_of(timelines, changes=changes))
        with pytest.raises(InputError) as caught:
            build_history_dataset(raw, tmp_path / "out", TripletSettings(**settings))
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return run


def test_no_run_at_all(refusal: Callable[..., str]) -> None:
    assert "none of the 0 runs passed or failed" in refusal({})


def test_only_skipped_runs(refusal: Callable[..., str]) -> None:
    assert "none of the 4 runs passed or failed; check source.verdicts" in refusal({"t": "SSBB"})


def test_one_build_only(refusal: Callable[..., str]) -> None:
    message = refusal({"t": "P", "u": "F"})
    assert message.startswith("no training triplet could be mined: the history has one build only")


def test_no_failing_run(refusal: Callable[..., str]) -> None:
    assert "not one of the 40 runs failed" in refusal({"t": "P" * 20, "u": "P" * 20})


def test_only_failing_runs(refusal: Callable[..., str]) -> None:
    assert "all 40 runs failed" in refusal({"t": "F" * 20, "u": "E" * 20})


def test_no_flips(refusal: Callable[..., str]) -> None:
    message = refusal({"t": "P" * 20, "u": "F" * 20})
    assert "no test changed its verdict between two of its builds, and triplets.relevance is flip" in message
    assert "any_failure" in message


def test_no_breaks(refusal: Callable[..., str]) -> None:
    message = refusal({"t": "F" * 10 + "P" * 10}, relevance="transition")
    assert "no test went from pass to fail between two of its builds, and triplets.relevance is transition" in message


def test_no_change_text(refusal: Callable[..., str]) -> None:
    message = refusal(STEADY, changes=dict.fromkeys(range(30), ""))
    assert "no build has a change text; name the column of the commit message in source.columns.change" in message


@pytest.mark.parametrize(
    ("name", "value", "loose"),
    [("min_fail_builds", 50, "1"), ("min_pass_builds", 50, "1"), ("flaky_threshold", 0.1, "1.0"),
     ("max_per_build", 1, "null"), ("max_triplets_per_test", 1, "1000000"), ("sample_size", 12, "null")],
)  # fmt: skip
def test_a_setting_that_keeps_the_triplets_out_is_named_with_what_it_costs(
    refusal: Callable[..., str], name: str, value: float, loose: str
) -> None:
    open_settings = {"flaky_threshold": 1.0, "max_per_build": None, "minimum": 30}
    message = refusal(STEADY, **{**open_settings, name: value})
    assert f"triplets.{name} is {value}; at {loose} there would be" in message


def test_everything_held_out(refusal: Callable[..., str]) -> None:
    message = refusal({"t": "P" * 15 + "PFPPF"})
    assert "lie in validation or test builds; land more builds" in message


def test_a_history_that_is_just_small(refusal: Callable[..., str]) -> None:
    message = refusal({"t": "PPPPPPF" + "PPPPPP"})
    assert message.startswith("only 2 training triplets (triplets.minimum is 50): ")
    assert "land more builds" in message


def test_a_setting_that_would_not_give_enough_is_not_blamed(refusal: Callable[..., str]) -> None:
    message = refusal({f"t{i}": "P" * 10 + "F" + "P" * 9 for i in range(8)}, max_per_build=6)
    assert "there would be" not in message


def test_where_no_single_setting_is_to_blame_the_largest_loss_is_told(refusal: Callable[..., str]) -> None:
    message = refusal(STEADY, min_fail_builds=50, min_pass_builds=50)
    assert "6 of 6 tests were left out: failed in fewer training builds than min_fail_builds (50)" in message
