"""One check and what it found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from domain_ft.errors import DomainFtError
from domain_ft.safe_text import masked, one_line

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
    except Exception as error:
        said = (str(error).strip().splitlines() or ["no reason given"])[0]
        return Finding(name, False, one_line(masked(f"could not be looked at: {type(error).__name__}: {said}")))
