"""Tests as a person or pytest names them, one a line, and as the history calls them."""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace

from domain_ft.amounts import counted
from domain_ft.prioritization.rank import RankedTest
from domain_ft.pytest_plugin.names import history_test_id

_END = re.compile(r"(?:no|[0-9]+(?:/[0-9]+)?) tests? collected\b.* in [0-9.]+s.*")
"""How `pytest --collect-only -q` ends."""
_RULE = "="
"""How pytest begins what it says after the tests: errors, warnings."""


@dataclass(frozen=True)
class NamedTests:
    """The tests of a list, each once, in its order: as they were `typed`, and as the history calls them (`ids`)."""

    typed: tuple[str, ...]
    ids: tuple[str, ...]
    repeated: int = 0
    """Names in the list whose test was named before."""

    def as_typed(self, ranked: Iterable[RankedTest]) -> tuple[RankedTest, ...]:
        """Ranked tests under the names that the list has for them; what is ranked by its name is shown by that name."""
        typed = dict(zip(self.ids, self.typed, strict=True))
        return tuple(
            replace(test, test=name, text=name if test.text == test.test else test.text)
            for test in ranked
            for name in [typed.get(test.test, test.test)]
        )

    @property
    def note(self) -> str | None:
        """What there is to say of repeats; None where there are none."""
        if not self.repeated:
            return None
        name = "names a test" if self.repeated == 1 else "name tests"
        return f"{counted(self.repeated, 'lines')} of the list {name} again: each test is ranked once"


def listed_names(text: str) -> tuple[str, ...]:
    """The names in a list, one a line; of what `pytest --collect-only -q` prints, those of the tests alone."""
    names, block = list[str](), list[str]()
    for line in map(str.strip, text.split("\n")):
        if _END.fullmatch(line):
            names += _collected(block)
            block = []
        else:
            block.append(line)
    return tuple(filter(None, [*names, *block]))


def named_tests(names: Sequence[str], known: Container[str]) -> NamedTests:
    """The tests that names mean: one that the history does not know may be pytest's own (`a.py::test_b`).

    Of a new test the id is foretold, so that a rule about ids (`prioritization.must_run`) holds for it, too.
    """
    found = dict[str, str]()
    for name in names:
        found.setdefault(_id_of(name, known), name)
    return NamedTests(tuple(found.values()), tuple(found), len(names) - len(found))


def _id_of(name: str, known: Container[str]) -> str:
    path, inside, _ = name.partition("::")
    if name in known or not inside:
        return name
    own = history_test_id(name)
    return own if own in known or path.endswith(".py") else name


def _collected(lines: Sequence[str]) -> list[str]:
    """What stands before the first empty line or rule: after it come errors and warnings."""
    first = next((number for number, line in enumerate(lines) if line), len(lines))
    end = next((n for n in range(first, len(lines)) if not lines[n] or lines[n].startswith(_RULE)), len(lines))
    return list(lines[first:end])
