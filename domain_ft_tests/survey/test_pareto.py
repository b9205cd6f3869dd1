"""The Pareto front: nobody on it is beaten, and everybody off it is beaten by somebody on it."""

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.survey.pareto import pareto_front

_VALUES = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(-10, 10)
_POINTS = st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(_VALUES, _VALUES), min_size=1, max_size=12)


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] >= other[0] and one[1] >= other[1] and one != other


@given(_POINTS)
def test_nobody_on_the_front_is_beaten_and_everybody_else_is(points: dict[str, tuple[float, float]]) -> None:
    front = pareto_front(points)
    for name, point in points.items():
        by_front = any(beats(points[other], point) for other in front)
        assert by_front == (name not in front)


@given(_POINTS)
def test_the_front_begins_with_a_highest_and_only_gets_faster(points: dict[str, tuple[float, float]]) -> None:
    front = [points[name] for name in pareto_front(points)]
    assert front[0][0] == max(first for first, _ in points.values())
    assert sorted(front, key=lambda point: (-point[0], point[1])) == front


@given(_POINTS, st.tuples(_VALUES, _VALUES))
def test_whoever_is_beaten_changes_nothing(points: dict[str, tuple[float, float]], point: tuple[float, float]) -> None:
    front = pareto_front(points)
    if any(beats(points[name], point) for name in front):
        assert pareto_front({**points, "another": point}) == front


def test_equals_stand_on_the_front_together() -> None:
    assert pareto_front({"b": (1, 1), "a": (1, 1), "c": (1, 0.5), "d": (0.5, 2)}) == ("a", "b", "d")
