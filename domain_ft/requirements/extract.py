"""The requirements in a model's answer, wherever it put them: alone, in a code fence, or after some prose.

An answer is asked for as YAML; JSON is taken, too. Nothing is mended: an answer that is cut off does not parse.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from domain_ft.errors import InputError
from domain_ft.json_text import RefusedLineError, parse_object
from domain_ft.requirements.shape import CATEGORIES, TEXTS
from domain_ft.yaml_text import MAX_BYTES, parse_yaml

Mode = Literal["raw", "fenced", "after_prose", "none"]
FIELDS = (*TEXTS, *(category.field for category in CATEGORIES))
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*\n(.*?)(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_BEGINNING = re.compile(rf"^[ \t]*(?:\{{|---|(?:requirements|{'|'.join(FIELDS)})[ \t]*:)", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")
_TRIES = 20
"""Places where an answer after prose may end, at most."""


@dataclass(frozen=True)
class Extraction:
    """What an answer holds: `found` is None where nothing was found (mode `none`), or what was found does not parse."""

    mode: Mode
    found: Mapping[str, Any] | None
    why: str = ""
    """Why nothing was found, or why it does not parse."""


def extract(answer: str) -> Extraction:
    """The requirements in an answer, by field.

    Of several code blocks the first counts that holds a field of the requirements. `requirements:` around the fields is
    looked through.
    """
    if not answer.strip():
        return Extraction("none", None, "the answer is empty")
    if len(answer.encode(errors="replace")) > MAX_BYTES:
        return Extraction("none", None, f"the answer is longer than {MAX_BYTES:,} bytes")
    why: dict[Mode, str] = {}
    for mode, text in _candidates(answer):
        try:
            found = _fields(text)
        except ValueError as error:
            why.setdefault(mode, str(error))
        else:
            if found is not None:
                return Extraction(mode, found)
    for mode in ("fenced", "after_prose", "raw"):
        if mode in why and _BEGINNING.search(answer):
            return Extraction(mode, None, why[mode])
    return Extraction("none", None, "the answer holds none of the fields")


def _candidates(answer: str) -> Iterator[tuple[Mode, str]]:
    yield "raw", answer.strip()
    yield from (("fenced", block) for block in _FENCE.findall(answer))
    begin = _BEGINNING.search(answer)
    if begin and (begin.start() or _FENCE.search(answer)):
        rest = answer[begin.start() :]
        ends = [len(rest), *(blank.start() for blank in reversed(list(_BLANK.finditer(rest))))]
        yield from (("after_prose", rest[:end]) for end in ends[:_TRIES])


def _fields(text: str) -> Mapping[str, Any] | None:
    """The requirements that a text is, or None where it is something else; ValueError where it is no YAML or JSON."""
    value = _parsed(text)
    if isinstance(value, dict) and isinstance(value.get("requirements"), dict):
        value = value["requirements"]
    if not isinstance(value, dict) or next(iter(value), None) not in FIELDS:  # prose that ends in a colon is YAML, too
        return None
    return {name: value[name] for name in FIELDS if name in value}


def _parsed(text: str) -> Any:
    if text.lstrip().startswith("{"):
        with suppress(RefusedLineError):  # YAML's own flow style looks like JSON, too
            return parse_object(text.encode())
    try:
        return parse_yaml(text, "answer").value
    except InputError as error:
        raise ValueError(str(error)) from None
