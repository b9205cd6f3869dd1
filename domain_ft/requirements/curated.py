"""An evaluation file: records that people have written with care, which no model may learn from.

It is small, so that a row that cannot be used is a mistake to be mended, not one to be set aside.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError
from domain_ft.json_text import RefusedLineError, json_lines, parse_plain
from domain_ft.requirements.issues import issues_of
from domain_ft.safe_text import brief
from domain_ft.store.digests import sha256_json
from domain_ft.words import normalized


@dataclass(frozen=True)
class CuratedFile:
    """The records of an evaluation file, all of them sound, each about a concept of its own."""

    name: str
    records: tuple[dict[str, Any], ...]

    @property
    def digest(self) -> str:
        """The hex sha256 of what the records say."""
        return sha256_json(self.records)


def read_curated(path: Path) -> CuratedFile:
    """Read a JSONL file; InputError names line and mend of the first row that is no sound record of a new concept."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; name a JSONL file of records")
    lines, records = dict[str, int](), list[dict[str, Any]]()
    for number, record in _records(path):
        for issue in issues_of(record):
            found = f"{issue.path} {issue.why} (got {brief(repr(issue.value))})"
            raise InputError(f"{path}:{number}: {found}; mend that row of the evaluation file, or run: domain-ft fix")
        earlier = lines.setdefault(normalized(record["concept"]), number)
        if earlier != number:
            raise InputError(f"{path}:{number}: is about the concept of line {earlier}, too; leave one of them out")
        records.append(record)
    if not records:
        raise InputError(f"{path}: has no rows; hand in a file with rows")
    return CuratedFile(path.name, tuple(records))


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in json_lines(path):
        try:
            yield number, parse_plain(line)
        except RefusedLineError as refusal:
            value = f" {refusal.value!r}" if refusal.value else ""
            raise InputError(
                f"{path}:{number}: is no record ({refusal.rule}{value}); mend or remove that row of the evaluation file"
            ) from None
