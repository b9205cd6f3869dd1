"""What is wrong with a text by itself: pure functions, called once per distinct text."""

import re

from ftfy.badness import is_bad

_QUESTION = re.compile(
    r"^(how (do|does|can|should) (i|you|we|one)( diagnose| troubleshoot| check)?|what (are|is) (the )?(steps|procedure)"
    r" (to|for)|what (is|are|causes|does)( an?| the)?|where (is|are)( the)?|why (is|does|do)( the)?|when (should|do) i)"
    r"\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_PAGE_MARKER = re.compile(
    r"(^|\n)\s*[-–—_=*#|]{3,}\s*($|\n)|\bpage \d+( of \d+)?\s*[-–—]{2,}|[-–—]{2,}\s*page \d+|[-–—]{3,}\s*[?.!]?\s*$",
    re.IGNORECASE,
)
_DOT_LEADERS = re.compile(r"(\.\s?){6,}|(·\s?){6,}|(…\s?){3,}|_{8,}")
_FEWEST_WORDS = 2
"""A query with fewer words than this beside its question form asks nothing in particular."""


def is_template_query(text: str) -> bool:
    """Whether a query is a question form with hardly a word in it: `What causes switch?`, `How do I page?`."""
    form = _QUESTION.match(text.strip())
    return form is not None and len(_WORD.findall(text.strip()[form.end() :])) < _FEWEST_WORDS


def has_page_marker(text: str) -> bool:
    """Whether a page number or a ruled line of the source stands in a text."""
    return bool(_PAGE_MARKER.search(text))


def has_dot_leaders(text: str) -> bool:
    """Whether a line of a table of contents stands in a text."""
    return bool(_DOT_LEADERS.search(text))


def is_mojibake(text: str) -> bool:
    """Whether a text was decoded by the wrong encoding, as far as ftfy can tell."""
    return bool(is_bad(text))
