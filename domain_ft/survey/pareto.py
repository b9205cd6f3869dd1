"""The Pareto front: what nothing else is at least as good as in both respects, and better in one."""

from collections.abc import Mapping


def pareto_front(points: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """The names on the front, the highest first value first; higher is better in both."""
    front = [name for name, point in points.items() if not any(_beats(other, point) for other in points.values())]
    return tuple(sorted(front, key=lambda name: (-points[name][0], name)))


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] >= other[0] and one[1] >= other[1] and one != other
