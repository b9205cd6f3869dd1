"""Files of records read line by line, and written whole or not at all."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from domain_ft.errors import InputError
from domain_ft.faults import faults_as_sentences
from domain_ft.json_text import RefusedLineError, json_lines, parse_plain
from domain_ft.landing.plain import plain_file
from domain_ft.requirements.lines import Line


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a JSONL file, plain or gzip, that are not blank.

    InputError where the file as a whole cannot be read, or has none.
    """
    with faults_as_sentences(path), tempfile.TemporaryDirectory() as work:
        if not path.is_file():
            what = "is no regular file" if path.exists() else "there is no such file"
            raise InputError(f"{path}: {what}; name a JSONL file of records")
        number = 0
        for number, raw in json_lines(plain_file(path, Path(work))):
            text = raw.decode("utf-8", "backslashreplace").strip()
            try:
                yield Line(number, parse_plain(raw), text)
            except RefusedLineError as refusal:
                yield Line(number, None, text, refusal.rule, refusal.value)
        if not number:
            raise InputError(f"{path}: has no rows; hand in a file with rows")


def refuse_same(source: Path | None, target: Path) -> None:
    """InputError where a file to write is the input, which is never overwritten."""
    if source and source.exists() and target.exists() and target.samefile(source):
        raise InputError(f"{target}: is the input itself, which is never overwritten; name another file to write to")


@contextmanager
def writing(source: Path | None, *targets: Path) -> Iterator[list[TextIO]]:
    """A text file for each target; they appear in their places at the end of the block, and not at all where it fails.

    InputError where a target is the source, which is never overwritten, or could not be read afterwards, and where the
    source is another one at the end: what reads it twice does both in the block.
    """
    before = source and _state(source)
    for target in targets:
        with faults_as_sentences(target):
            refuse_same(source, target)
        if targets.count(target) > 1:
            raise InputError(f"{target}: is named for two files to write; name another one for one of them")
        if target.suffix == ".gz":
            raise InputError(f"{target}: is written as plain text; choose a name that does not end in .gz")
        if target.exists() and not target.is_file():
            raise InputError(f"{target}: is there already, and no regular file; name a file to write to")
    beside = [target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}") for target in targets]
    with faults_as_sentences(targets[0]):
        try:
            with ExitStack() as stack:
                for target in targets:
                    target.parent.mkdir(parents=True, exist_ok=True)
                files = [stack.enter_context(path.open("w", encoding="utf-8", newline="\n")) for path in beside]
                yield list(files)
                if source and _state(source) != before:
                    raise InputError(f"{source}: changed while it was read; do this again when it is finished")
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


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes with a file; None where there is none."""
    if not path.exists():
        return None
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
