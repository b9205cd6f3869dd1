"""Files of records read line by line, and written whole or not at all."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from domain_ft.errors import DomainFtError, InputError
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


def require_writable(source: Path | None, *targets: Path) -> None:
    """InputError where one of these cannot be written to: asked before work that takes long."""
    for target in targets:
        with faults_as_sentences(target):
            refuse_same(source, target)
        if targets.count(target) > 1:
            raise InputError(f"{target}: is named for two files to write; name another one for one of them")
        if target.suffix == ".gz":
            raise InputError(f"{target}: is written as plain text; choose a name that does not end in .gz")
        if target.exists() and not target.is_file():
            raise InputError(f"{target}: is there already, and no regular file; name a file to write to")


@contextmanager
def writing(source: Path | None, *targets: Path) -> Iterator[list[TextIO]]:
    """A text file for each target; they appear in their places at the end of the block, and not at all where it fails.

    DomainFtError where another command is writing a target. InputError where a target is the source, which is never
    overwritten, or could not be read afterwards, and where the source is another one at the end: what reads it twice
    does both in the block.
    """
    before = source and _state(source)
    require_writable(source, *targets)
    with faults_as_sentences(targets[0]), ExitStack() as stack:
        for target in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
        files = [stack.enter_context(_beside(target)) for target in targets]
        yield list(files)
        if source and _state(source) != before:
            raise InputError(f"{source}: changed while it was read; do this again when it is finished")
        for file in files:
            file.flush()
            os.fsync(file.fileno())
        for file, target in zip(files, targets, strict=True):
            Path(file.name).replace(target)


@contextmanager
def _beside(target: Path) -> Iterator[TextIO]:
    """A hidden file beside a target, which this process alone writes; one that a kill left is written over."""
    path = target.with_name(f".{target.name}.unfinished")
    while True:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DomainFtError(f"{target}: another command is writing it; wait for that, or stop it") from None
            if not _is_at(file, path):  # it was moved to its place in the meantime
                continue
            file.truncate(0)
            try:
                yield file
            finally:
                if _is_at(file, path):
                    path.unlink()
            return


def _is_at(file: TextIO, path: Path) -> bool:
    """Whether an open file is the one that has this name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


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
