"""Documents found and read, each by the reader that its name asks for; one that cannot be read stops no other.

Counts add up: files = read + failed + skipped, where skipped are files of a kind that is not read.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from domain_ft.documents.document import Document
from domain_ft.documents.settings import DocumentSettings
from domain_ft.errors import InputError
from domain_ft.faults import fault_sentence

SUFFIXES = (".txt", ".text", ".md", ".xml", ".tei", ".pdf", ".html", ".htm", ".xhtml")
"""What the names of documents end in."""
_TOLD_AGAIN_S = 0.5


@dataclass(frozen=True)
class Found:
    """The files that were meant: documents, each with the folder that it was found below, and others."""

    documents: tuple[tuple[Path, Path], ...]
    skipped: tuple[Path, ...]


def find_documents(given: Sequence[Path]) -> Found:
    """The documents that files and folders mean, by name; hidden files are left out, and one named twice counts once.

    InputError where something is not there, or nothing of it is a document.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    for path in given:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; name documents, or a folder of them")
        for file in _files(path):
            found.setdefault(file.resolve(), (file, path if path.is_dir() else path.parent))
    documents = tuple(each for each in found.values() if _suffix(each[0]) in SUFFIXES)
    skipped = tuple(file for file, _ in found.values() if _suffix(file) not in SUFFIXES)
    if not documents:
        where = ", ".join(map(str, given))
        held = f" among its {len(skipped):,} files" if skipped else ""
        raise InputError(f"{where}: no document{held}; put some there whose names end in {', '.join(SUFFIXES)}")
    return Found(documents, skipped)


def read_document(path: Path, settings: DocumentSettings | None = None) -> Document:
    """A document, by its name's ending; InputError where it cannot be read, is too large, or holds no text."""
    settings = settings or DocumentSettings()
    suffix = _suffix(path)
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: not a kind of document that is read; its name must end in {', '.join(SUFFIXES)}")
    try:
        size = path.stat().st_size
        if size > settings.max_bytes:
            raise InputError(
                f"{path}: holds {size:,} bytes, and generation.documents.max_bytes is {settings.max_bytes:,}; "
                "divide it, or raise that"
            )
        if not size:
            raise InputError(f"{path}: is empty; hand in a document, or leave it out")
        with _at_most(settings.max_seconds, path):
            document = _reader(suffix, settings)(path)
    except OSError as error:
        raise InputError(fault_sentence(error, path) or f"{path}: cannot be read; leave it out") from None
    if not document.sections:
        raise InputError(f"{path}: holds no paragraph of text; hand in a document, or leave it out")
    return document


def _reader(suffix: str, settings: DocumentSettings) -> Callable[[Path], Document]:
    """Readers are imported where they are used: each brings a library along."""
    if suffix == ".pdf":
        from domain_ft.documents.pdf import read_pdf

        return lambda path: read_pdf(path, settings.max_pages)
    if suffix in (".xml", ".tei"):
        from domain_ft.documents.tei import read_tei

        return read_tei
    if suffix in (".html", ".htm", ".xhtml"):
        from domain_ft.documents.html import read_html

        return read_html
    from domain_ft.documents.plain_text import read_text

    return read_text


@contextmanager
def _at_most(seconds: float, path: Path) -> Iterator[None]:
    """InputError once the block has taken longer: some files keep their reader busy for ever.

    Only the main thread can be interrupted so; in another one there is no limit. The alarm rings again and again,
    for what it raises while memory is collected is lost. A timer that was set before goes on afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(*unused: object) -> NoReturn:
        raise InputError(
            f"{path}: took longer than {seconds:g} s to read (generation.documents.max_seconds); leave it out"
        )

    before = signal.signal(signal.SIGALRM, give_up)
    began, timer = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, seconds, _TOLD_AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if timer[0]:
            signal.setitimer(signal.ITIMER_REAL, max(timer[0] - (time.monotonic() - began), _TOLD_AGAIN_S), timer[1])


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.is_file() and not hidden:
            yield file


def _suffix(path: Path) -> str:
    return path.suffix.casefold()
