"""Documents are found by name, read by kind, and refused in a sentence each."""

import signal
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from domain_ft.documents.read import _at_most, find_documents, read_document
from domain_ft.documents.settings import DocumentSettings
from domain_ft.errors import InputError


def test_a_folder_means_the_documents_below_it_and_the_rest_is_skipped(tmp_path: Path) -> None:
    for name in ("b/two.html", "one.txt", "b/photo.png", ".hidden/x.txt", "b/.y.txt", "notes"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = find_documents([tmp_path, tmp_path / "one.txt"])
    assert [file.relative_to(tmp_path).as_posix() for file, _ in found.documents] == ["b/two.html", "one.txt"]
    assert sorted(file.name for file in found.skipped) == ["notes", "photo.png"]


@pytest.mark.parametrize(("names", "said"), [([], "no document;"), (["a.png"], "no document among its 1 files")])
def test_a_folder_without_documents_is_refused(tmp_path: Path, names: list[str], said: str) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=f"{said}.*whose names end in .txt"):
        find_documents([tmp_path])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone: no such file or folder"):
        find_documents([tmp_path / "gone"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.docx", b"x", "not a kind of document"),
        ("a.txt", b"", "is empty"),
        ("a.txt", b" \n . \n", "holds no paragraph"),
    ],
)
def test_what_says_nothing_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_document(path)


def test_three_hundred_megabytes_are_refused_without_reading_them(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(300 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(
            InputError, match=r"holds 314,572,800 bytes, and generation.documents.max_bytes is 67,108,864"
        ):
            read_document(path)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


def test_a_timer_of_the_caller_goes_on_after_a_document_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("A line of text")
    before = signal.setitimer(signal.ITIMER_REAL, 600)
    try:
        read_document(path)
        assert 500 < signal.getitimer(signal.ITIMER_REAL)[0] <= 600
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)


def test_a_paragraph_of_very_many_lines_is_joined_at_once(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("a line that goes on and on with-\n" * 100_000)
    began = time.process_time()
    read_document(path)
    assert time.process_time() - began < 20


def test_a_file_that_keeps_its_reader_busy_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "slow.txt"
    path.write_text("A line of text\n" * 400_000)
    with pytest.raises(
        InputError, match=r"slow.txt: took longer than 0.05 s to read \(generation.documents.max_seconds\)"
    ):
        read_document(path, DocumentSettings(max_seconds=0.05))


def test_a_reader_that_swallows_the_interruption_is_interrupted_again() -> None:
    until = time.monotonic() + 20

    def busy() -> None:
        while time.monotonic() < until:
            pass

    def read() -> None:
        with _at_most(0.05, Path("a.pdf")):
            with suppress(InputError):
                busy()
            busy()

    with pytest.raises(InputError, match=r"a.pdf: took longer than 0.05 s"):
        read()
