"""Records as rows of a training: the tokens of a question, and those of its answer, which alone are learned.

A row that is too long loses the end of its answer, or the whole of it; both are counted, for an answer without its end
teaches no model to stop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.adapter.chat import Chat
from domain_ft.amounts import counted
from domain_ft.errors import InputError
from domain_ft.requirement_files.lines import read_lines
from domain_ft.requirements.rendering import gold_text

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A question and the answer to it, as tokens."""

    concept: str
    prompt: tuple[int, ...]
    completion: tuple[int, ...]


@dataclass(frozen=True)
class Limit:
    """How many tokens a row takes at most, by the setting, or by the base model where that reads no more."""

    tokens: int
    reader: str | None = None
    """The base model, where it is what limits."""

    @property
    def subject(self) -> str:
        """As a refusal begins."""
        return (
            f"max_length: {self.tokens}"
            if self.reader is None
            else f"{self.reader}: reads {self.tokens:,} tokens, which"
        )

    @property
    def place(self) -> str:
        """As a count ends."""
        return (
            f"max_length {self.tokens}"
            if self.reader is None
            else f"the {self.tokens:,} tokens that {self.reader} reads"
        )


@dataclass(frozen=True)
class Rows:
    """The rows of a part, and what became of records that did not fit into one."""

    rows: tuple[Row, ...]
    limit: Limit
    truncated: int
    """Rows whose answer lost its end."""
    dropped: int
    """Records whose answer did not fit at all, or that have none."""
    longest_answer: int
    """Tokens, before anything was cut."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tokens(self) -> int:
        """Of all rows, questions and answers."""
        return sum(len(row.prompt) + len(row.completion) for row in self.rows)

    def warning(self, part: str) -> str | None:
        """A sentence if any record did not fit."""
        if not self.truncated and not self.dropped:
            return None
        return (
            f"{part}: of {counted(len(self) + self.dropped, 'records')}, {self.truncated:,} lose the end of their "
            f"answer and {self.dropped:,} are left out at {self.limit.place}"
        )


def read_records(dataset: Path, part: str) -> list[Record]:
    """The records of a dataset's part in their order; InputError for what is none."""
    file = dataset / f"{part}.jsonl"
    if not file.is_file() or not file.stat().st_size:
        raise InputError(f"{file}: holds no record; land more, or give {part} a larger share (dataset.split)")
    found: list[Record] = []
    for line in read_lines(file):
        if line.record is None or line.concept is None:
            raise InputError(f"{file}:{line.number}: is no record with a concept; build the dataset again")
        found.append(line.record)
    return found


def make_rows(records: Sequence[Record], chat: Chat, max_length: int, part: str, reader: str | None = None) -> Rows:
    """The rows of records; `reader` names the base model where it reads no more than `max_length` tokens.

    InputError where no answer is left, or none keeps its end.
    """
    limit = Limit(max_length, reader)
    gold = [(record, text) for record in records if (text := gold_text(record)) is not None]
    whole = [
        Row(concept, tuple(chat.prompt_ids(concept)), tuple(chat.completion_ids(concept, text)))
        for record, text in gold
        for concept in [str(record["concept"])]
    ]
    kept = [row for row in whole if len(row.prompt) < max_length]
    rows = tuple(Row(row.concept, row.prompt, row.completion[: max_length - len(row.prompt)]) for row in kept)
    truncated = sum(len(row.completion) > len(cut.completion) for row, cut in zip(kept, rows, strict=True))
    _require_answers(whole, len(rows), truncated, limit, part)
    longest = max(len(row.completion) for row in whole)
    return Rows(rows, limit, truncated, len(records) - len(rows), longest)


def _require_answers(whole: Sequence[Row], kept: int, truncated: int, limit: Limit, part: str) -> None:
    if not whole:
        raise InputError(f"{part}: no record has requirements that could be learned; build the dataset again")
    longest = max(len(row.prompt) + len(row.completion) for row in whole)
    if not kept:
        shortest = min(len(row.prompt) for row in whole)
        raise InputError(
            f"{limit.subject} is below every question of {part} (the shortest takes {shortest:,} tokens); "
            f"the longest row takes {longest:,} with its answer"
        )
    if truncated == kept:
        raise InputError(
            f"{limit.subject} cuts the end off every answer of {part}, so no model would learn to stop; the "
            f"longest row takes {longest:,} tokens"
        )
