"""The texts that a command looks at."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain_ft.domains import find_embedding_domain
from domain_ft.errors import InputError
from domain_ft.json_text import JSON_LINE_BYTES
from domain_ft.store.home import Home
from domain_ft.uses.listed_texts import asked_texts, listed_texts, texts_of_file

MANUALS = find_embedding_domain("manuals")


def written(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def test_a_text_file_has_a_text_a_line_and_blank_lines_count_as_lines(tmp_path: Path) -> None:
    found = texts_of_file(written(tmp_path, "a.txt", "\ufefffirst\n\n  third \r\nfo\u2028urth".encode()))
    assert found.texts == ("first", "third", "fo\u2028urth")
    assert found.names == ("line 1", "line 3", "line 4")


def test_a_column_of_json_lines_is_read_and_what_is_none_is_left_out_and_said(tmp_path: Path) -> None:
    lines = b'{"q": "one"}\n{"q": 2}\nnot json\n{"q": "four"}\n{"q": "five", "q": "again"}\n'
    found = texts_of_file(written(tmp_path, "a.jsonl", lines), "q")
    assert found.texts == ("one", "four")
    (note,) = found.notes
    assert note.startswith("3 lines of")
    assert "(line 2, q: no text there" in note


def test_bytes_that_are_no_utf8_are_left_out_and_said(tmp_path: Path) -> None:
    found = texts_of_file(written(tmp_path, "a.txt", b"one\n\xff\xfe\n"))
    assert found.texts == ("one",)
    assert "(line 2, not UTF-8)" in found.notes[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", "first\r\n\nthïrd\n"), ("a.jsonl", '{"text": "first"}\n\n{"text": "thïrd"}')]
)
def test_a_file_in_utf16_is_read_by_its_mark(tmp_path: Path, encoding: str, name: str, content: str) -> None:
    found = texts_of_file(written(tmp_path, name, ("\ufeff" + content).encode(encoding)))
    assert found.texts == ("first", "thïrd")
    assert found.names == ("line 1", "line 3")
    assert found.notes == ()


@pytest.mark.parametrize(
    "content", [b"one\ntwo\0\n", "one\ntwo\n".encode("utf-16-le"), "\ufeffone\n".encode("utf-32-le")]
)
def test_a_file_that_is_no_text_is_refused_before_anything_is_embedded(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.txt: is binary, or text in another encoding .* save it as UTF-8"):
        texts_of_file(written(tmp_path, "a.txt", content))


@pytest.mark.parametrize(
    "line",
    [
        b"\xff",
        b"no json",
        b"[1]",
        b'{"text": "a", "text": "b"}',
        b'{"text": NaN}',
        b'{"text": "a", "deep": ' + b"[" * 80 + b"]" * 80 + b"}",
        b'{"text": "\\ud800"}',
        b'{"text": "' + b"a" * JSON_LINE_BYTES + b'"}',
    ],
    ids=range(8),
)
def test_no_word_of_code_is_told_of_a_line_that_is_left_out(tmp_path: Path, line: bytes) -> None:
    (note,) = texts_of_file(written(tmp_path, "a.jsonl", b'{"text": "one"}\n' + line + b"\n")).notes
    said = note.partition(" left out ")[2]
    assert said.startswith("(line 2, ")
    assert "_" not in said


@pytest.mark.parametrize(
    ("name", "content", "column", "said"),
    [
        ("a.txt", b"\n \n", None, "holds no text; expected one a line"),
        ("a.jsonl", b'{"query": "one", "n": 1}\n', None, "text: no text there; the texts of that line: query"),
        ("a.csv", b"a,b\n", None, r"expected a \.txt"),
        ("a.txt", b"one\n", "q", "has no columns; leave it out"),
    ],
)
def test_a_file_without_texts_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, column: str | None, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        texts_of_file(written(tmp_path, name, content), column)


@pytest.mark.parametrize("name", ["nowhere.txt", "x" * 300 + ".txt", "nul\0.txt"])
def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        texts_of_file(tmp_path / name)


def test_texts_stand_in_an_order_of_their_own(home: Home, tmp_path: Path) -> None:
    lines = [f"text {n}" for n in range(12)] + ["text 3", "TEXT  3"]
    one = listed_texts(MANUALS, home, file=written(tmp_path, "a.txt", "\n".join(lines).encode()))
    other = listed_texts(MANUALS, home, file=written(tmp_path, "b.txt", "\n".join(reversed(lines)).encode()))
    assert one.texts == other.texts
    assert sorted(one.texts) == sorted(lines)


def test_queries_that_were_typed_keep_their_order() -> None:
    assert asked_texts(["b", "a"]).texts == ("b", "a")


def test_what_excludes_each_other_is_refused(home: Home, tmp_path: Path) -> None:
    file = written(tmp_path, "a.txt", b"one\n")
    with pytest.raises(InputError, match="leave one of --texts and --from out"):
        listed_texts(MANUALS, home, side="queries", file=file)
    with pytest.raises(InputError, match="leave one of the two out"):
        asked_texts(["a"], file)
    with pytest.raises(InputError, match=r"is for the file of --from"):
        listed_texts(MANUALS, home, column="q")
    with pytest.raises(InputError, match="query 2 is empty"):
        asked_texts(["a", " "])


def test_a_typed_query_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(InputError, match="query 2 is no text after 1 character; type it in UTF-8"):
        asked_texts(["a", "b\udcff"])


def test_a_pipe_is_read_once_and_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as other:
        writing = other.submit(pipe.write_bytes, b"one\ntwo\n")
        assert texts_of_file(pipe).texts == ("one", "two")
        writing.result()
