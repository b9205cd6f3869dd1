"""One check and what it found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from domain_ft.errors import DomainFtError

Check: TypeAlias = Callable[[], tuple[bool, str]]
"""Says whether all is well, and what was found, with the mend where it is not."""
Checks: TypeAlias = Mapping[str, Check]


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    name: str
    ok: bool
    detail: str


def finding(name: str, check: Check) -> Finding:
    """Carry out a check; one that raises has found what it raises, and is never a traceback."""
    try:
        return Finding(name, *check())
    except (DomainFtError, OSError, ImportError) as error:
        return Finding(name, False, str(error))
