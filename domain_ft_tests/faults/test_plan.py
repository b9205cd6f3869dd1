"""Which kills a campaign does."""

import ast
import random
from collections import Counter
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft_tests.faults.plan import MUST, VICTIMS, Kill, Outcome, another, planned, summary, table
from domain_ft_tests.faults.points import POINTS, Point
from domain_ft_tests.faults.worker import STAGES

MUST_BE = [*chain.from_iterable(MUST.values())]
SEEDS = st.integers(0, 2**32)


@given(st.integers(0, 400), SEEDS)
def test_a_plan_is_of_the_number_asked_for_and_the_same_for_a_seed(kills: int, seed: int) -> None:
    assert len(planned(kills, seed)) == kills
    assert planned(kills, seed) == planned(kills, seed)


@given(st.integers(30, 400), SEEDS)
def test_a_plan_begins_with_the_kills_that_must_be(kills: int, seed: int) -> None:
    assert planned(kills, seed)[: len(MUST_BE)] == MUST_BE


@given(st.integers(30, 400), SEEDS)
def test_no_point_is_struck_twice_and_no_stage_is_left_out(kills: int, seed: int) -> None:
    plan = planned(kills, seed)
    assert max(Counter(kill.point for kill in plan if kill.point).values()) == 1
    assert {kill.stage for kill in plan} == {*STAGES}


def test_a_large_plan_strikes_at_every_point() -> None:
    assert {kill.point for kill in planned(300, 1)} - {None} == {*POINTS}


def test_what_must_be_is_by_sigkill_at_a_named_point_and_takes_child_parent_and_group() -> None:
    assert {(kill.signal, kill.point in POINTS) for kill in MUST_BE} == {("SIGKILL", True)}
    assert {kill.victim for kill in MUST["training"]} == {"child", "worker", "all"}


@pytest.mark.parametrize("kill", MUST_BE, ids=str)
def test_whoever_must_be_killed_is_there_to_be_killed(kill: Kill) -> None:
    assert kill.victim in VICTIMS.get(kill.stage, ("worker",))


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_point_names_a_function_that_is_there(point: Point) -> None:
    spec = find_spec(point.module)
    assert spec is not None
    assert spec.origin is not None
    body = ast.parse(Path(spec.origin).read_bytes()).body
    for name in point.function.split("."):
        named = (node for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.FunctionDef | ast.ClassDef))
        found = next((node for node in named if node.name == name), None)
        assert found is not None, f"{point.module} has no {point.function}"
        body = found.body


@given(st.floats(0.1, 0.95), SEEDS)
def test_a_kill_at_a_moment_too_late_is_followed_by_an_earlier_one(share: float, seed: int) -> None:
    late = Kill("train", "child", "SIGTERM", share=share)
    next_one = another(late, random.Random(seed))
    assert 0.1 <= next_one.share <= share
    assert (next_one.stage, next_one.victim, next_one.signal) == (late.stage, late.victim, late.signal)


def test_a_kill_at_a_point_that_was_not_met_is_tried_there_again() -> None:
    assert another(MUST_BE[0], random.Random(1)) == MUST_BE[0]


def test_kills_too_late_are_counted_apart() -> None:
    late, made_up = (Kill("ingest", "worker", "SIGKILL", share=share) for share in (0.9, 0.5))
    outcomes = [Outcome(late, struck=False), Outcome(made_up, struck=True)]
    counts = summary(outcomes, 1.0)
    assert (counts["kills"], counts["too_late"]) == (1, 1)
    *_, last = table(outcomes).splitlines()
    assert last.split() == ["all", "1", "0", "0", "1", "0"]
