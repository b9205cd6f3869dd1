"""Where sentences end: at a mark, before a capital, and not after an abbreviation; names and numbers stay whole."""

import re

_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\W_a-z])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|al|resp|approx|ca|no|nos|fig|figs|eq|eqs|ref|refs|sec|ch|vol|pp|p|ed|eds|dr|mr|mrs|ms"
    r"|prof|st|jr|inc|ltd|co|corp|dept|min|max|temp|tab)|\b[A-Z])\.[\"'”’)\]]*\s+$",
    re.IGNORECASE,
)
_LONGEST = 64
"""Letters before the end of a sentence that are looked at: more is no abbreviation."""
_UNIT = re.compile(r"(?<![.\w])[a-z]\.\s+$")


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; together they hold all of its words, in order."""
    found, start = [], 0
    for end in _END.finditer(text):
        before = text[max(start, end.end() - _LONGEST) : end.end()]
        if _ABBREVIATION.search(before) and not _UNIT.search(before):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    return [*found, text[start:].strip()] if text[start:].strip() else found
