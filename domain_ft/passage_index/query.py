"""What is asked of an index, checked before anything is computed."""

from dataclasses import dataclass
from typing import Literal, get_args

from domain_ft.errors import InputError
from domain_ft.safe_text import require_text

Mode = Literal["hybrid", "vector", "words"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class Asked:
    """A question: how many passages are wanted, found how, and of which part (None: of all)."""

    text: str
    k: int = 10
    mode: Mode = "hybrid"
    part: str | None = None


def readable(text: str, longest: int) -> tuple[str, tuple[str, ...]]:
    """The text that is looked for, at most `longest` characters, and what there is to say of it.

    InputError where it says nothing.
    """
    kept = text[:longest].strip()
    if not kept:
        raise InputError("the query is empty; say what to look for")
    require_text(kept, "the query")
    if len(text) <= longest:
        return kept, ()
    return kept, (f"the query has {len(text):,} characters; its first {longest:,} are looked for",)
