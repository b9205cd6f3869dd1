"""Which changes are tried, and in which order: spread evenly over the functions that the tests call.

The order depends on the seed and on each change itself, never on how many are asked for: more changes later go on
where fewer had ended.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest

from domain_ft.recording.mutations import Mutation

Called = Collection[tuple[str, int]]
"""Functions, class bodies and modules that ran: path of the file, and first line (0 for a module)."""


def order_changes(mutations: Iterable[Mutation], called: Called, seed: int) -> list[Mutation]:
    """All changes: first those in code that was called, one of each function in turn, then the others alike."""
    functions: dict[tuple[str, str], list[Mutation]] = defaultdict(list)
    for mutation in mutations:
        functions[mutation.path, mutation.scope.name].append(mutation)
    ran: list[list[Mutation]] = []
    slept: list[list[Mutation]] = []
    for _, group in sorted(functions.items(), key=lambda entry: _draw(seed, *entry[0])):
        scope = group[0].scope
        (ran if (group[0].path, scope.first_line) in called else slept).append(_by_turns(group, seed))
    return [*_in_rounds(ran), *_in_rounds(slept)]


def _by_turns(group: Sequence[Mutation], seed: int) -> list[Mutation]:
    """A function's changes, one of each kind in turn: constants abound, and would crowd out the rest."""
    kinds: dict[str, list[Mutation]] = defaultdict(list)
    for mutation in sorted(group, key=lambda each: _draw(seed, each.kind, each.start, each.replacement)):
        kinds[mutation.kind].append(mutation)
    function = (group[0].path, group[0].scope.name)
    return _in_rounds([kinds[kind] for kind in sorted(kinds, key=lambda kind: _draw(seed, kind, *function))])


def _in_rounds(queues: Sequence[Sequence[Mutation]]) -> list[Mutation]:
    return [mutation for turn in zip_longest(*queues) for mutation in turn if mutation is not None]


def _draw(*of: object) -> bytes:
    """A number drawn for something: the same on every machine, whatever else there is."""
    return hashlib.sha256("\0".join(map(str, of)).encode()).digest()
