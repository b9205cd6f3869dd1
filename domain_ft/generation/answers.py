"""The pairs in a model's answer, or which kind of failure it is.

JSON is taken alone or in a code fence; nothing is mended. What a reasoning model thinks aloud first is passed over.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from domain_ft.json_text import RefusedLineError, parse_object

Failure = Literal["empty_answer", "prose", "broken_json", "wrong_schema", "no_pairs", "cut_off", "no_answer"]
WHY: Mapping[Failure, str] = {
    "empty_answer": "the answer is empty",
    "prose": "the answer holds no JSON",
    "broken_json": "the answer's JSON does not parse",
    "wrong_schema": "the answer's JSON is not of the form asked for",
    "no_pairs": "the answer's list of pairs is empty",
    "cut_off": "the answer was cut off (num_predict or num_ctx)",
    "no_answer": "no answer came",
}
_THOUGHT = re.compile(r"^\s*(?:<think(?:ing)?>|(?![\s{\[`])).*?</think(?:ing)?>", re.DOTALL)
"""Some templates open the thought themselves, and the model only closes it."""
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)
_HALF = re.compile("[\x00-\x08\ud800-\udfff]")
"""What JSON can name and no text holds: half a character, or a control character."""


class UnusableAnswerError(Exception):
    """An answer that holds no pairs, and the kind of failure that it is."""

    def __init__(self, kind: Failure) -> None:
        super().__init__(WHY[kind])
        self.kind: Failure = kind


@dataclass(frozen=True)
class AnsweredPair:
    """A question and its answer, as a model gave them, but for spaces."""

    question: str
    answer: str


def answered_pairs(text: str, done_reason: str) -> list[AnsweredPair]:
    """The pairs of an answer; UnusableAnswerError where it holds none."""
    said = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.search(said)
    body = (fenced[1] if fenced else said).strip()
    if body[:1] not in ("{", "["):
        raise UnusableAnswerError("cut_off" if done_reason == "length" else "prose" if said else "empty_answer")
    if body[0] == "[":  # a bare list of pairs is JSON, and not of the form
        raise UnusableAnswerError("wrong_schema" if body[-1] == "]" else "broken_json")
    try:
        value = parse_object(body.encode())
    except (RefusedLineError, UnicodeEncodeError):
        raise UnusableAnswerError("cut_off" if done_reason == "length" else "broken_json") from None
    pairs = value.get("pairs")
    if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
        raise UnusableAnswerError("wrong_schema")
    if not pairs:
        raise UnusableAnswerError("no_pairs")
    if any(_HALF.search(pair[name]) for pair in pairs for name in ("question", "answer")):
        raise UnusableAnswerError("broken_json")
    return [AnsweredPair(" ".join(pair["question"].split()), " ".join(pair["answer"].split())) for pair in pairs]


def _is_pair(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("question", "answer"))
