"""When a history asks for a retrain."""

import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.automation.asked import Ask, Asked, Run, RunStatus, Skip
from domain_ft.automation.retrain import (
    Earlier,
    RawContent,
    ask_for_retrain,
    decide_retrain,
    learned_content,
    new_rows,
)
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder

NOW = 1_000_000.0
OLD = RawContent("old", {"a": 100})
SOURCES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 1000))


def grown(rows: int) -> RawContent:
    return RawContent("new", {"a": 100, "b": rows})


def asked(ago: float = 0.0, run_id: str | None = None) -> Asked:
    return Asked(by="d_nightly", at=NOW - ago, run_id=run_id)


def run(status: RunStatus) -> Run:
    return Run("0123456789", status, "d_retrain")


@pytest.mark.parametrize(
    ("current", "trained", "needed", "asked_", "reason"),
    [
        (OLD, None, 100, None, "100 of 100 new rows"),
        (grown(500), OLD, 500, None, "500 of 500 new rows"),
        (grown(500), OLD, 500, asked(ago=301), "500 of 500 new rows"),
        (grown(1), OLD, 0, None, "1 new row"),
        (RawContent("read anew", {"a": 100}), OLD, 0, None, "0 new rows"),
    ],
)
def test_it_asks(
    current: RawContent, trained: RawContent | None, needed: int, asked_: Asked | None, reason: str
) -> None:
    assert decide_retrain(current, trained, needed, Earlier(asked_), NOW) == Ask(current.digest, reason)


@pytest.mark.parametrize(
    ("current", "needed", "asked_", "run_", "other", "reason"),
    [
        (grown(12), 500, None, None, None, "12 of 500 new rows"),
        (OLD, 500, None, None, None, "0 of 500 new rows; all there is has been learned from"),
        (OLD, 0, None, None, None, "0 new rows; all there is has been learned from"),
        (RawContent("read anew", {"a": 100}), 500, None, None, None, "0 of 500 new rows"),
        (
            grown(9), 9, asked(7), None, None,
            "9 of 9 new rows; asked for 7 s ago by d_nightly, the run is about to start",
        ),
        (grown(9), 9, asked(), run("under way"), None, "9 of 9 new rows; wait for run 01234567 of d_retrain"),
        (grown(9), 9, None, None, "another run", "9 of 9 new rows; wait for another run"),
        (
            grown(9), 9, asked(), run("failed"), None,
            "9 of 9 new rows; run 01234567 of d_retrain failed; asked for again when data changes, or start it by hand",
        ),
        (
            grown(9), 9, asked(), run("canceled"), None,
            "9 of 9 new rows; run 01234567 of d_retrain was canceled; asked for again when data changes, or start it "
            "by hand",
        ),
        (grown(9), 9, asked(), run("failed"), "a run by hand", "9 of 9 new rows; wait for a run by hand"),
        (
            grown(9), 9, asked(ago=900, run_id="x"), None, None,
            "9 of 9 new rows; there was a retrain for this very content before; start one by hand to repeat it",
        ),
    ],
)  # fmt: skip
def test_it_says_why_not(
    current: RawContent, needed: int, asked_: Asked | None, run_: Run | None, other: str | None, reason: str
) -> None:
    assert decide_retrain(current, OLD, needed, Earlier(asked_, run_, other), NOW) == Skip(current.digest, reason)


@given(SOURCES, SOURCES)
def test_new_rows_are_those_of_new_sources_and_what_known_ones_gave_further(
    now: dict[str, int], before: dict[str, int]
) -> None:
    current, trained = RawContent("c", now), RawContent("t", before)
    assert new_rows(current, None) == sum(now.values())
    assert new_rows(current, current) == 0
    assert 0 <= new_rows(current, trained) <= new_rows(current, None)
    further = {**before, "new": 7}
    assert new_rows(RawContent("f", further), trained) == 7


def test_a_model_whose_history_is_gone_counts_as_none(home: Home) -> None:
    assert learned_content(home, "d") is None
    publish_folder(home.models("d") / "v", lambda _: {"raw": "gone"})
    point(home.models("d") / "current", "v")
    assert learned_content(home, "d") is None


class World:
    """A domain whose history grows, with runs that begin as asked and end when told; contents are numbers."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.runs: dict[str, Run] = {}
        self.asks: list[str] = []
        self.contents = itertools.count()

    def land(self) -> None:
        number = next(self.contents)
        sources = [{"sha256": str(source), "accepted": 100} for source in range(number + 1)]
        manifest: dict[str, Any] = {"content_digest": f"c{number}", "sources": sources}
        publish_folder(self.home.raw("d") / str(number), lambda _: manifest)
        point(self.home.raw("d") / "current", str(number))

    def go_back(self) -> None:
        if (self.home.raw("d") / "0").exists():
            point(self.home.raw("d") / "current", "0")

    def tick(self, needed: int) -> None:
        decision = ask_for_retrain(
            self.home,
            "d",
            needed=needed,
            by="d_test",
            find_run=self.runs.get,
            find_training=lambda: next((run for run in self.runs.values() if run.status == "under way"), None),
        )
        if isinstance(decision, Ask):
            self.asks.append(decision.key)
            self.runs[decision.key] = Run(decision.key, "under way", "d_retrain")

    def end(self, status: RunStatus) -> None:
        for key, begun in self.runs.items():
            if begun.status == "under way":
                self.runs[key] = Run(begun.run_id, status, begun.job)
                if status == "succeeded":
                    raw = key.removeprefix("c")
                    publish_folder(self.home.models("d") / raw, lambda _, raw=raw: {"raw": raw})  # type: ignore[misc]
                    point(self.home.models("d") / "current", raw)


def test_a_content_that_comes_while_another_one_is_about_to_start_waits(home: Home) -> None:
    world = World(home.root)

    def tick() -> str:
        decision = ask_for_retrain(
            home,
            "d",
            needed=1,
            by="d_test",
            find_run=world.runs.get,
            find_training=lambda: None,
        )
        return decision.reason

    world.land()
    assert tick() == "100 of 1 new rows"
    world.land()
    assert tick().startswith("200 of 1 new rows; wait for the retrain that d_test asked for")
    world.runs["c0"] = Run("0123456789", "failed", "d_retrain")
    assert tick() == "200 of 1 new rows"


STEPS = st.lists(
    st.sampled_from(["land", "go back", "sensor", "nightly", "succeeded", "failed", "canceled"]), max_size=15
)


@settings(max_examples=40)
@given(STEPS)
def test_whatever_happens_in_whatever_order_no_content_is_asked_for_twice(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        does = {
            "land": world.land,
            "go back": world.go_back,
            "sensor": lambda: world.tick(150),
            "nightly": lambda: world.tick(0),
        }
        for step in steps:
            does.get(step, lambda step=step: world.end(step))()  # type: ignore[misc]
            assert len(world.asks) == len(set(world.asks))
            assert sum(run.status == "under way" for run in world.runs.values()) <= 1
