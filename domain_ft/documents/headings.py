"""Which lines of a plain text are headings: told by numbers, capitals and underlines, for nothing else marks them.

A step of a procedure is numbered, too, so a number alone makes no heading: a step stands among its like, and says a
whole sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MARKDOWN = re.compile(r"^(#{1,6})\s+(\S.*?)\s*#*$")
_NUMBERED = re.compile(r"^((?:[A-Z]\.)?[0-9]{1,2}(?:\.[0-9]{1,2}){0,4})[.)]?(?:\s+[-–—:])?\s+([A-Z\"'(].{1,90})$")
_CHAPTER = re.compile(
    r"^(?:chapter|section|appendix|part|Chapter|Section|Appendix|Part|CHAPTER|SECTION|APPENDIX|PART)\s+"
    r"(?:[0-9]{1,3}|[A-Z]|[IVX]{1,5})(?:\s*[-–—:.]\s*|\s+|$)([A-Z\"'(].{1,90})?$"
)
_WITHIN = re.compile(r"[a-z]{3,}[.;] |\.{4,}")
"""What stands in a sentence, or between the entries of a list, but in no heading."""
_UNDERLINE = re.compile(r"^(=+|-+|~+)\s*$")
_STEP = re.compile(r"^\(?([0-9]{1,3})[.)]\s*\S|^[Ss]tep\s+([0-9]{1,3})\b")
_MOST_WORDS = 12
_FEWEST_CAPITALS, _MOST_CAPITALS = 4, 8
"""Letters of the longest word of a heading in capitals, and its words."""
_NEAR = 8
"""Lines among which a step has the step before or after it."""


@dataclass(frozen=True)
class Heading:
    """A line that is a heading: its level from 1, and its words without number or marks."""

    level: int
    text: str


def heading_of(line: str, before: Sequence[str] = (), after: Sequence[str] = ()) -> Heading | None:
    """The heading that a line is, seen beside the lines (not blank) before and after it; None where it is none."""
    line, follows = line.strip(), after[0].strip() if after else ""
    if not line or len(line.split()) > _MOST_WORDS + 1:
        return None
    if marked := _MARKDOWN.match(line):
        return Heading(len(marked[1]), marked[2])
    if chapter := _CHAPTER.match(line):
        name = (chapter[1] or line).strip()
        return Heading(1, name) if _is_title(name) and not follows[:1].islower() else None
    if _UNDERLINE.match(follows) and len(follows) >= min(len(line), 3) and _is_title(line):
        return Heading(1 if follows[0] == "=" else 2, line)
    if follows[:1].islower():  # the line is the beginning of a sentence
        return None
    numbered = _NUMBERED.match(line)
    if numbered and _is_title(numbered[2]) and not _among_steps(line, before, after):
        return Heading(numbered[1].count(".") + 1, numbered[2].strip())
    return Heading(2, line) if _is_capitals(line) else None


def is_underline(line: str) -> bool:
    """Whether a line only underlines the one before it."""
    return bool(_UNDERLINE.match(line.strip()))


def step_number(line: str) -> int | None:
    """The number of the step that a line begins, or None."""
    found = _STEP.match(line.strip())
    return int(found[1] or found[2]) if found else None


def _among_steps(line: str, before: Sequence[str], after: Sequence[str]) -> bool:
    number = step_number(line)
    if number is None:
        return False
    return any(step_number(each) == number + 1 for each in after[:_NEAR]) or any(
        step_number(each) == number - 1 for each in before[-_NEAR:]
    )


def _is_title(text: str) -> bool:
    """Whether a text ends as no sentence does, and holds words."""
    letters = sum(letter.isalpha() for letter in text)
    whole = text.count("(") == text.count(")") and not _WITHIN.search(text)
    return whole and not text.rstrip().endswith((".", ";", ",", "!", "-")) and 2 * letters > len(text.replace(" ", ""))


def _is_capitals(line: str) -> bool:
    """`SAFETY PRECAUTIONS`, but no part number and no line of a table."""
    letters = [letter for letter in line if letter.isalpha()]
    words = line.split()
    return (
        line.upper() == line
        and len(letters) >= _FEWEST_CAPITALS
        and _is_title(line)
        and not any(letter in "|=<>_@/\\" or letter.isdigit() for letter in line)
        and max(map(len, words)) >= _FEWEST_CAPITALS
        and len(words) <= _MOST_CAPITALS
    )
