"""Lines that were broken to fit a page, put together to the paragraphs that they were."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from domain_ft.documents.headings import step_number

_SHORT = 0.75
"""A line that ends a sentence and is shorter than this share of the usual ends a paragraph."""
_SENTENCE_END = re.compile(r"[.!?:][\"'’”)\]]*$")
_DIVIDED = re.compile(r"([\w-]+)-$")
_LONGEST_WORD = 80
"""Letters at the end of a line that are looked at, and at the beginning of the next: more is no word."""
_BULLET = re.compile(r"^[•▪◦●■‣∙·–*-]\s*[^\W_]")


class JoinedLines:
    """What all lines of a document say of how they were broken."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._words = Counter(word for line in lines for word in re.findall(r"[\w-]+", line.casefold()))
        self._usual = usual_length(lines)

    def begins(self, line: str, last: str) -> bool:
        """Whether a line begins a paragraph by its own words, or by those of the last line before it."""
        if step_number(line) is not None or _BULLET.match(line):
            return True
        return bool(_SENTENCE_END.search(last)) and len(last) < _SHORT * self._usual

    def joined(self, lines: Iterable[str]) -> str:
        """Lines as one paragraph; a word that was divided at the end of a line is whole again."""
        parts: list[str] = []
        for line in lines:
            ends = _DIVIDED.search(parts[-1][-_LONGEST_WORD:]) if parts else None
            begins = re.match(r"[a-z][\w-]*", line[:_LONGEST_WORD])
            if not (ends and begins):
                parts += [" ", line] if parts else [line]
                continue
            if not self._keeps(ends[1], begins[0]):
                parts[-1] = parts[-1][:-1]
            parts.append(line)
        return "".join(parts)

    def _keeps(self, one: str, other: str) -> bool:
        """Whether the hyphen belongs to the word, as the rest of the document writes it."""
        return self._words[f"{one}-{other}".casefold()] > self._words[f"{one}{other}".casefold()]


def usual_length(lines: Iterable[str]) -> float:
    """The length that three of four lines do not exceed."""
    lengths = sorted(map(len, lines))
    return float(lengths[len(lengths) * 3 // 4]) if lengths else 0.0


def are_broken(lines: Sequence[str]) -> bool:
    """Whether lines (not blank) were broken to fit a page, rather than a paragraph each."""
    if len(lines) < _FEWEST_LINES:
        return False
    going_on = sum(not _SENTENCE_END.search(line) for line in lines)
    return usual_length(lines) <= _WIDEST and 2 * going_on > len(lines)


_FEWEST_LINES, _WIDEST = 6, 110
