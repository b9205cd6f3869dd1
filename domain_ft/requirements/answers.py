"""What a record answers: a model's `answer`, else its `requirements`."""

from collections.abc import Mapping
from typing import Any

from domain_ft.requirements.extract import FIELDS, Extraction, extract

ANSWER = "answer"
"""The key of a record that holds what a model answered, where that is to be scored in place of `requirements`."""


def answer_of(record: Mapping[str, Any] | None) -> Extraction:
    """The requirements in a record's answer, whether it stands there as text or as fields."""
    record = record or {}
    given = record.get(ANSWER, record.get("requirements"))
    if isinstance(given, str):
        return extract(given)
    if isinstance(given, dict):
        return Extraction("raw", {name: given[name] for name in FIELDS if name in given})
    return Extraction("none", None, "there is no answer")
