"""Files of requirement records: one JSON object per line, plain or gzip."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.landing.json_lines import RefusedLineError, json_lines, parse_object, plain_json
from domain_ft.landing.plain import plain_file


@dataclass(frozen=True)
class Line:
    """A line of a file: the record that it is, or the rule for which it is none."""

    number: int
    raw: bytes
    record: dict[str, Any] | None
    text: str
    """The record as plain JSON; of a refused line what stands there."""
    rule: str | None = None
    value: str | None = None


def read_records(path: Path, work: Path) -> Iterator[Line]:
    """The lines of a file that are not blank; a packed file is unpacked into `work`.

    InputError where the file as a whole cannot be read.
    """
    for number, raw in json_lines(plain_file(path, work)):
        try:
            record = parse_object(raw)
            yield Line(number, raw, record, plain_json(record))
        except RefusedLineError as refusal:
            text = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
            yield Line(number, raw, None, text, refusal.rule, refusal.value)
