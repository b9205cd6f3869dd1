"""The order in which tests are run: whole modules move, by the best test in them.

What a module's author relied on (tests that build on each other, fixtures that are made once) stays, unless a person
says otherwise; and what pytest itself has woven together, by a fixture with parameters, is never taken apart.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

Place: TypeAlias = tuple[str, ...]
"""Where a test stands: its module, its classes, its function (without parameters)."""


def place(node_id: str) -> Place:
    """Where the test of a node id stands: `a.py::TestB::test_c[d]` -> (a.py, TestB, test_c)."""
    path, _, inside = node_id.partition("::")
    return (path, *inside.partition("[")[0].split("::")) if inside else (path,)


def arrange(places: Sequence[Place], ranks: Sequence[int], *, inside: bool = False) -> list[int]:
    """The order of tests, as their numbers in `places` (n, as collected), by `ranks` (n; a smaller one runs earlier).

    Modules move as blocks, by their smallest rank. With `inside`, so do the classes and functions in them, and the
    tests of a class; the variants of a function with parameters stay together in their own order. Modules (classes,
    functions) between whose tests others stand move as one block with those, and nothing in it moves.
    """
    return _arranged(list(range(len(places))), places, ranks, 1, inside)


def _arranged(tests: list[int], places: Sequence[Place], ranks: Sequence[int], depth: int, inside: bool) -> list[int]:
    ordered: list[int] = []
    for block in sorted(_blocks(tests, places, depth), key=lambda block: min(ranks[test] for test in block)):
        whole = len({places[test][:depth] for test in block}) == 1
        deeper = inside and whole and len(places[block[0]]) > depth
        ordered += _arranged(block, places, ranks, depth + 1, inside) if deeper else block
    return ordered


def _blocks(tests: Sequence[int], places: Sequence[Place], depth: int) -> list[list[int]]:
    """The tests in the fewest-membered runs of neighbours such that no module (class, function) stands in two runs."""
    left = Counter(places[test][:depth] for test in tests)
    blocks: list[list[int]] = []
    begun: set[Place] = set()
    for test in tests:
        if not begun:
            blocks.append([])
        blocks[-1].append(test)
        name = places[test][:depth]
        left[name] -= 1
        begun.add(name)
        if not left[name]:
            begun.discard(name)
    return blocks
