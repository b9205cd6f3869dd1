from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.store.publish import (
    MANIFEST,
    is_published,
    point,
    pointed,
    publish_folder,
    read_manifest,
    sweep_unfinished,
    verify_folder,
    write_json,
)


def write_hello(folder: Path) -> dict[str, str]:
    (folder / "hello.txt").write_text("hello")
    return {"kind": "greeting"}


def test_a_published_folder_holds_its_files_and_a_manifest_that_names_them(tmp_path: Path) -> None:
    folder = publish_folder(tmp_path / "a", write_hello)
    assert read_manifest(folder)["kind"] == "greeting"
    assert list(read_manifest(folder)["files"]) == ["hello.txt"]
    verify_folder(folder)


def test_a_failing_write_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(folder: Path) -> dict[str, str]:
        (folder / "half.txt").write_text("ha")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        publish_folder(tmp_path / "a", fail)
    assert list(tmp_path.iterdir()) == []


def test_what_is_published_already_is_not_written_again(tmp_path: Path) -> None:
    publish_folder(tmp_path / "a", write_hello)
    publish_folder(tmp_path / "a", lambda folder: pytest.fail("written again"))


def test_an_altered_file_is_named(tmp_path: Path) -> None:
    folder = publish_folder(tmp_path / "a", write_hello)
    (folder / "hello.txt").write_text("hullo")
    with pytest.raises(DomainFtError, match=r"hello\.txt: altered"):
        verify_folder(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = publish_folder(tmp_path / "a", write_hello)
    (folder / "hello.txt").unlink()
    with pytest.raises(DomainFtError, match=r"hello\.txt: missing"):
        verify_folder(folder)


def test_a_folder_without_a_manifest_is_not_published(tmp_path: Path) -> None:
    assert not is_published(tmp_path)
    with pytest.raises(DomainFtError, match="nothing is published"):
        read_manifest(tmp_path)


def test_a_manifest_cut_short_is_named(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"files"')
    with pytest.raises(DomainFtError, match="not readable as JSON"):
        read_manifest(tmp_path)


def test_a_pointer_moves_in_one_step_and_stays_relative(tmp_path: Path) -> None:
    for name in ("a", "b"):
        publish_folder(tmp_path / name, write_hello)
        point(tmp_path / "current", name)
    assert (tmp_path / "current").readlink() == Path("b")
    assert pointed(tmp_path / "current") == tmp_path / "b"


def test_a_pointer_to_nothing_whole_leads_nowhere(tmp_path: Path) -> None:
    assert pointed(tmp_path / "current") is None
    point(tmp_path / "current", "gone")
    assert pointed(tmp_path / "current") is None


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-a-1234").mkdir()
    publish_folder(tmp_path / "b", write_hello)
    assert sweep_unfinished(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_json_is_replaced_whole_and_refuses_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"value": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"value": float("nan")})
    assert path.read_text() == '{\n  "value": 1\n}\n'
    assert list(tmp_path.iterdir()) == [path]
