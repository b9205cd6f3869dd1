"""Ids of requirements: FR001, NFR001, C001.

Only a whole id is ever read: `RFC2119` and `C12H22` are no ids of ours, however much of them looks like one, and digits
are those from 0 to 9.
"""

import re
from functools import lru_cache
from typing import Any

_RIGHT = re.compile(r"(?:FR|NFR|C)[0-9]{3}", re.ASCII)
_MEANT = re.compile(r"\s*(FR|NFR|C)[-_ ]?0*([0-9]{1,3})\s*", re.ASCII | re.IGNORECASE)


def is_right(identifier: Any) -> bool:
    """Whether an id is a prefix and three digits, of which not all are 0."""
    return isinstance(identifier, str) and _RIGHT.fullmatch(identifier) is not None and identifier[-3:] != "000"


def meant(identifier: Any, prefix: str) -> tuple[str, int] | None:
    """The prefix and the number that a right or nearly right id means; None where it could mean anything.

    `FR1`, `fr-01`, `FR0010` and, in a list of that prefix, the number 1 are nearly right. A number is from 1 to 999.
    """
    if isinstance(identifier, str):
        return _meant(identifier)
    numbered = isinstance(identifier, int) and not isinstance(identifier, bool) and 1 <= identifier <= 999
    return (prefix, identifier) if numbered else None


@lru_cache(maxsize=4096)
def written(prefix: str, number: int) -> str:
    """The id with this prefix and number (1 to 999)."""
    return f"{prefix}{number:03d}"


@lru_cache(maxsize=4096)  # the same few ids stand in every record
def _meant(identifier: str) -> tuple[str, int] | None:
    found = _MEANT.fullmatch(identifier)
    return (found[1].upper(), int(found[2])) if found and int(found[2]) else None
