"""What pydantic finds wrong in a YAML, as sentences that a person can act on: file, line, key, and what was expected.

pydantic names the key; the line is that of the text it was read from, and a key that does not exist is answered with
the ones that do.
"""

import difflib
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from domain_ft.safe_text import brief
from domain_ft.settings import Settings, why_refused
from domain_ft.yaml_text import KeyPath, YamlText


def finding_sentences(
    error: ValidationError, document: YamlText, prefix: KeyPath, model: type[Settings]
) -> Iterator[str]:
    """`file:line: key: what is wrong; got ...`, one for each finding; the keys stand below `prefix` in the document."""
    for finding in error.errors(include_url=False):
        path = tuple(finding["loc"])
        key = brief(".".join(str(part) for part in path))
        known = _suggestion(path, model) if finding["type"] == "extra_forbidden" else ""
        yield f"{place(document, (*prefix, *path))}{key}: {why_refused(finding)}{known}"


def place(document: YamlText, path: KeyPath) -> str:
    """`file:line: ` as the beginning of a sentence, as far as it is known."""
    return (
        f"{document.source}:{document.line(path)}: " if document.lines else document.source and f"{document.source}: "
    )


def _suggestion(path: KeyPath, settings: type[Settings]) -> str:
    inner: Any = settings
    for part in path[:-1]:
        field = getattr(inner, "model_fields", {}).get(str(part))
        inner = field.annotation if field else None
    known = list(getattr(inner, "model_fields", {}))
    close = difflib.get_close_matches(str(path[-1]), known, 1)
    return f"; did you mean {close[0]}?" if close else f"; known are: {', '.join(known)}"
