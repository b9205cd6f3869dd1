"""The lists of English words that the rules know, kept as data in `words.tsv`: a name, a tab, words; names repeat."""

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("words.tsv")


@cache
def _lists() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        name, _, said = line.partition("\t")
        found.setdefault(name, []).extend(said.split())
    return found


def listed_words(name: str) -> list[str]:
    """The words of a list, in their order."""
    return _lists()[name]
