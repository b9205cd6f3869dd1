"""Files of records read line by line, and written whole or not at all."""

import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from domain_ft.errors import InputError
from domain_ft.faults import faults_as_sentences
from domain_ft.json_text import RefusedLineError, json_lines, parse_plain
from domain_ft.landing.plain import plain_file
from domain_ft.progress import Progress
from domain_ft.requirements.lines import Line

_EVERY = 1000


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a JSONL file, plain or gzip, that are not blank.

    InputError where the file as a whole cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; name a JSONL file of records")
    with faults_as_sentences(path), tempfile.TemporaryDirectory() as work:
        for number, raw in json_lines(plain_file(path, Path(work))):
            text = raw.decode("utf-8", "backslashreplace").strip()
            try:
                yield Line(number, parse_plain(raw), text)
            except RefusedLineError as refusal:
                yield Line(number, None, text, refusal.rule, refusal.value)


def told(lines: Iterable[Line], step: str, progress: Progress) -> Iterator[Line]:
    """Lines as they come; after every thousandth that was dealt with, `progress` hears of it."""
    for number, line in enumerate(lines, 1):
        yield line
        if not number % _EVERY:
            progress(step, number)


def refuse_same(source: Path | None, target: Path) -> None:
    """InputError where a file to write is the input, which is never overwritten."""
    if source and source.exists() and target.exists() and target.samefile(source):
        raise InputError(f"{target}: is the input itself, which is never overwritten; name another file to write to")


@contextmanager
def writing(source: Path | None, *targets: Path) -> Iterator[list[TextIO]]:
    """A text file for each target; they appear in their places at the end of the block, and not at all where it fails.

    InputError where a target is the source, which is never overwritten, or could not be read afterwards.
    """
    for target in targets:
        refuse_same(source, target)
        if targets.count(target) > 1:
            raise InputError(f"{target}: is named for two files to write; name another one for one of them")
        if target.suffix == ".gz":
            raise InputError(f"{target}: is written as plain text; choose a name that does not end in .gz")
    beside = [target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}") for target in targets]
    with faults_as_sentences(targets[0]):
        try:
            with ExitStack() as stack:
                for target in targets:
                    target.parent.mkdir(parents=True, exist_ok=True)
                files = [stack.enter_context(path.open("w", encoding="utf-8", newline="\n")) for path in beside]
                yield list(files)
                for file in files:
                    file.flush()
                    os.fsync(file.fileno())
            for path, target in zip(beside, targets, strict=True):
                path.replace(target)
        finally:
            for path in beside:
                path.unlink(missing_ok=True)


def write_line(file: TextIO, text: str) -> None:
    """One line, which ends in `\\n` alone."""
    file.write(text)
    file.write("\n")
