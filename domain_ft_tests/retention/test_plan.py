"""Which things go: rules for what lasts by itself, and what that refers to lasts with it, whatever the inventory."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.retention.clean import NAMES as SAID
from domain_ft.retention.plan import (
    ABANDONED_S,
    CACHE_S,
    ORDER,
    RUN_S,
    SETTLING_S,
    UNFINISHED_S,
    Inventory,
    Known,
    Node,
    Thing,
    plan_removals,
)

NOW = 1_000_000_000.0
NOBODY = Known(frozenset(), frozenset(), {})
OLD = NOW - 400 * 86400


def thing(kind: Any, name: str, *refers: Node, age: float = 400 * 86400, **more: Any) -> Thing:
    return Thing(kind, name, Path(f"/{kind}/{name}"), NOW - age, frozenset(refers), **more)


def going(*things: Thing, known: Known | None = NOBODY, keep: int = 1, roots: tuple[Node, ...] = ()) -> list[str]:
    planned = plan_removals(Inventory(things, frozenset(roots)), known, keep_versions=keep, now=NOW)
    return [each.thing.name for each in planned]


def versions(*names: str) -> list[Thing]:
    """Registered models, the oldest first."""
    return [thing("model", name, age=1000 * 86400 - number) for number, name in enumerate(names)]


def known(*names: str, holders: tuple[str, ...] = (), **benchmarks: str) -> Known:
    return Known(frozenset(holders), frozenset(names), benchmarks)


def test_the_newest_versions_and_the_holders_of_aliases_stay() -> None:
    models = versions("a", "b", "c", "d", "e")
    assert going(*models, known=known("a", "b", "c", "d", "e", holders=("b",)), keep=2) == ["a", "c"]


def test_the_version_that_current_points_to_stays() -> None:
    assert going(*versions("a", "b", "c"), known=known("a", "b", "c"), roots=(("model", "a"),)) == ["b"]


def test_versions_that_mlflow_never_heard_of_do_not_push_out_those_that_it_has() -> None:
    """A sweep leaves many models; the registered ones before it stay what they are."""
    assert going(*versions("a", "b", "s1", "s2", "s3"), known=known("a", "b"), keep=2) == ["s1"]


def test_without_mlflow_no_model_and_no_benchmark_goes() -> None:
    things = [*versions("a", "b"), thing("benchmark", "x", ("model", "a"), model="a")]
    things.append(thing("benchmark", "y", ("model", "a"), model="a"))
    assert going(*things, known=None) == []


def test_data_goes_with_the_last_model_that_was_made_from_it() -> None:
    old = thing("model", "a", ("dataset", "d1"), age=1000 * 86400)
    new = thing("model", "b", ("dataset", "d2"))
    data = [thing("dataset", "d1", ("raw", "r1")), thing("dataset", "d2", ("raw", "r2"))]
    raw = [thing("raw", "r1"), thing("raw", "r2")]
    assert going(old, new, *data, *raw, known=known("a", "b")) == ["a", "d1", "r1"]


def test_data_that_a_training_may_go_on_with_stays() -> None:
    training = thing("work", "v", ("dataset", "d1"), ("raw", "r1"), age=ABANDONED_S - 1, model="v")
    assert going(training, thing("dataset", "d1", ("raw", "r1")), thing("raw", "r1")) == []


@pytest.mark.parametrize(("age", "gone"), [(CACHE_S - 1, []), (CACHE_S + 1, ["m"])])
def test_mined_negatives_go_a_day_after_their_last_use(age: int, gone: list[str]) -> None:
    assert going(thing("mined", "m", age=age)) == gone


@pytest.mark.parametrize(("age", "gone"), [(CACHE_S - 1, []), (CACHE_S + 1, ["p"])])
def test_the_output_of_frozen_layers_stays_for_a_day_after_its_last_use(age: float, gone: list[str]) -> None:
    assert going(thing("prefix", "p", age=age)) == gone


def test_the_output_of_frozen_layers_stays_while_a_training_may_go_on_with_it() -> None:
    training = thing("work", "v", ("prefix", "p"), age=ABANDONED_S - 1, model="v")
    assert going(training, thing("prefix", "p")) == []


@pytest.mark.parametrize(("age", "gone"), [(SETTLING_S - 1, []), (SETTLING_S + 1, ["r"])])
def test_data_that_was_just_published_waits_for_its_pointer(age: float, gone: list[str]) -> None:
    assert going(thing("raw", "r", age=age)) == gone


def test_of_each_kept_model_the_newest_benchmark_on_each_split_stays() -> None:
    def benchmark(name: str, model: str, split: str, age: float) -> Thing:
        return thing("benchmark", name, ("model", model), model=model, split=split, age=age)

    things = [
        *versions("a", "b"),
        benchmark("old", "b", "test", 30),
        benchmark("new", "b", "test", 20),
        benchmark("validation", "b", "validation", 10),
        benchmark("of_a", "a", "test", 10),
    ]
    assert going(*things, known=known("a", "b")) == ["of_a", "old", "a"]


def test_the_benchmark_that_mlflow_shows_of_a_kept_model_stays() -> None:
    things = [thing("benchmark", name, model="a", split="test", age=age) for name, age in (("x", 20), ("y", 10))]
    assert going(*versions("a"), *things, known=known("a", a="x")) == []


def test_an_owed_benchmark_stays_with_its_candidate() -> None:
    things = [*versions("a", "b"), thing("benchmark", "x", ("model", "a"), model="a")]
    assert going(*things, known=known("a", "b"), roots=(("benchmark", "x"),)) == []


@pytest.mark.parametrize(
    ("training", "gone"),
    [
        (thing("work", "a", model="a", age=0), ["a"]),
        (thing("work", "a", ("model", "a"), model="a", busy=True), []),
        (thing("work", "v", model="v", age=ABANDONED_S - 1), []),
        (thing("work", "v", model="v", age=ABANDONED_S + 1), ["v"]),
        (thing("work", "v", model="v", age=ABANDONED_S + 1, busy=True), []),
    ],
    ids=["published", "published_and_in_use", "interrupted_lately", "abandoned", "old_and_in_use"],
)
def test_a_work_folder_goes_once_published_or_abandoned(training: Thing, gone: list[str]) -> None:
    assert going(*versions("a"), training, known=known("a")) == gone


def test_a_version_whose_work_folder_is_in_use_stays() -> None:
    things = [*versions("a", "b"), thing("work", "a", ("model", "a"), model="a", busy=True)]
    assert going(*things, known=known("a", "b")) == []


def test_a_cache_stays_while_a_kept_model_or_its_base_needs_it() -> None:
    models = [thing("model", "a", ("cache", "own"), ("cache", "base")), thing("model", "b", ("cache", "b"), age=10**9)]
    caches = [thing("cache", name) for name in ("own", "base", "b", "unknown")]
    assert going(*models, *caches, known=known("a", "b")) == ["b", "b", "unknown"]


@pytest.mark.parametrize(
    ("kind", "name", "limit"),
    [
        ("run", "r", RUN_S),
        ("sweep", "s", ABANDONED_S),
        ("asking", "a", ABANDONED_S),
        ("answers", "a", ABANDONED_S),
        ("prompt", "p", ABANDONED_S),
        ("starter", "s", ABANDONED_S),
        ("starter_work", "s", ABANDONED_S),
        ("recording", "r", ABANDONED_S),
        ("unfinished", ".u", UNFINISHED_S),
    ],
)
def test_notes_and_what_is_unfinished_go_by_age(kind: str, name: str, limit: int) -> None:
    assert going(thing(kind, name, age=limit - 1)) == []
    assert going(thing(kind, name, age=limit + 1)) == [name]


def test_every_kind_has_a_name_and_a_reason() -> None:
    things = tuple(thing(kind, "x") for kind in ORDER)
    planned = plan_removals(Inventory(things, frozenset()), NOBODY, keep_versions=0, now=NOW)
    assert [each.thing.kind for each in planned if each.why] == list(ORDER)
    assert set(SAID) == set(ORDER)


def test_what_a_removal_left_goes_at_once() -> None:
    assert going(thing("unfinished", ".removed-x", age=0)) == [".removed-x"]


def test_what_an_unfinished_sweep_has_made_stays() -> None:
    sweep = thing("sweep", "s", ("model", "a"), age=10)
    assert going(sweep, *versions("a", "b")) == []


def test_what_lies_behind_a_link_stays_and_so_does_what_it_refers_to() -> None:
    linked = thing("model", "a", ("dataset", "d"), age=10**9, fixed=True)
    assert going(linked, *versions("b"), thing("dataset", "d"), known=known("a", "b")) == []


NAMES = st.sampled_from(["a", "b", "c", "d"])
NODES = st.tuples(st.sampled_from(ORDER), NAMES)
THINGS = st.builds(
    Thing,
    kind=st.sampled_from(ORDER),
    name=NAMES,
    path=st.uuids().map(lambda name: Path(f"/x/{name}")),
    changed=st.floats(min_value=NOW - 2 * RUN_S, max_value=NOW + 10),
    refers=st.frozensets(NODES, max_size=3),
    model=st.none() | NAMES,
    split=st.sampled_from([None, "test", "validation"]),
    busy=st.booleans(),
    fixed=st.booleans(),
)
KNOWN = st.none() | st.builds(
    Known, st.frozensets(NAMES, max_size=3), st.frozensets(NAMES, max_size=4), st.dictionaries(NAMES, NAMES)
)


@given(st.lists(THINGS, max_size=16).map(tuple), st.frozensets(NODES, max_size=3), KNOWN, st.integers(1, 3))
def test_nothing_that_a_kept_thing_refers_to_ever_goes(
    things: tuple[Thing, ...], roots: frozenset[Node], word: Known | None, keep: int
) -> None:
    planned = plan_removals(Inventory(things, roots), word, keep_versions=keep, now=NOW)
    gone = {each.thing.node for each in planned}
    kept = [each for each in things if each.node not in gone]
    assert not gone & roots
    assert not {node for each in kept for node in each.refers} & gone
    assert not {each.node for each in things if each.fixed} & gone
    assert not {("model", name) for name in (word.holders if word else ())} & gone
    if word is None:
        assert not {kind for kind, _ in gone} & {"model", "benchmark"}


def test_an_export_stays_as_long_as_its_model() -> None:
    exports = [thing("export", "a-onnx", model="a"), thing("export", "b-onnx", model="b")]
    assert going(*versions("a", "b"), *exports, known=known("a", "b")) == ["a-onnx", "a"]
    assert going(*versions("a", "b"), *exports, known=None) == []


def test_what_a_kept_export_refers_to_stays_with_it() -> None:
    exported = thing("export", "a-onnx", ("dataset", "d"), model="a")
    assert going(*versions("a"), exported, thing("dataset", "d"), known=known("a")) == []


def test_a_base_that_is_compared_keeps_its_model_and_its_benchmark_and_another_goes_with_its_own() -> None:
    models = versions("m1", "m2", "m3")
    benchmarks = [thing("benchmark", f"v{name}", ("model", name), model=name) for name in ("m1", "m2")]
    bases = [
        thing("base", "one", ("model", "m1"), ("benchmark", "vm1")),
        thing("base", "two", ("model", "m2"), ("benchmark", "vm2")),
    ]
    assert going(*models, *benchmarks, *bases, roots=(("base", "one"),)) == ["two", "vm2", "m2"]


def test_the_newest_comparison_of_bases_stays() -> None:
    comparisons = [thing("comparison", "c1"), thing("comparison", "c2"), thing("comparison", "c3", age=1)]
    assert going(*comparisons, roots=(("comparison", "c2"),)) == ["c1"]
