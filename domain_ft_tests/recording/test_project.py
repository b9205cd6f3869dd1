"""What of a folder is taken as a project, what of it is code to change, and where that is imported from."""

from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.recording import project as recording_project
from domain_ft.recording.project import Project, SourceFile, take_snapshot
from domain_ft_tests.recording.conftest import write_project


def taken(tmp_path: Path, *files: str, source: Path | None = None) -> Project:
    repo = write_project(tmp_path / "repo", dict.fromkeys(files, "x = 1\n"))
    return take_snapshot(repo, tmp_path / "snapshot", source)


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (
            ["pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/mod.py"],
            SourceFile("pkg/sub/mod.py", ".", "pkg.sub.mod"),
        ),
        (["src/pkg/__init__.py"], SourceFile("src/pkg/__init__.py", "src", "pkg")),
        (["src/space/pkg/mod.py"], SourceFile("src/space/pkg/mod.py", "src", "space.pkg.mod")),
        (["mod.py"], SourceFile("mod.py", ".", "mod")),
        (["space/mod.py"], SourceFile("space/mod.py", ".", "space.mod")),
        (["py/pkg/__init__.py", "py/pkg/mod.py"], SourceFile("py/pkg/mod.py", "py", "pkg.mod")),
    ],
)
def test_a_file_is_imported_from_above_its_outermost_package(
    tmp_path: Path, files: list[str], source: SourceFile
) -> None:
    assert source in taken(tmp_path, *files).sources


def test_tests_and_what_builds_or_documents_are_not_changed(tmp_path: Path) -> None:
    files = ["test_a.py", "tests/b.py", "pkg/tests/c.py", "conftest.py", "setup.py", "docs/conf.py", "pkg/a_test.py"]
    project = taken(tmp_path, "pkg/mod.py", *files)
    assert [source.path for source in project.sources] == ["pkg/mod.py"]
    assert sorted(project.test_files) == sorted(files)


def test_only_the_named_part_is_changed(tmp_path: Path) -> None:
    project = taken(tmp_path, "pkg/a.py", "docs/b.py", source=Path("docs"))
    assert project.sources == (SourceFile("docs/b.py", "docs", "b"),)


def test_environments_and_caches_are_left_behind(tmp_path: Path) -> None:
    left = [".git/x.py", ".venv/x.py", "env/pyvenv.cfg", "env/lib/x.py", "__pycache__/x.py", "node_modules/x.py"]
    taken(tmp_path, "mod.py", *left)
    assert [path.name for path in (tmp_path / "snapshot").rglob("*")] == ["mod.py"]


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    outside = write_project(tmp_path / "outside", {"secret.py": "x = 1\n"})
    repo = write_project(tmp_path / "repo", {"mod.py": "x = 1\n"})
    (repo / "folder").symlink_to(outside)
    (repo / "file.py").symlink_to(outside / "secret.py")
    (repo / "within.py").symlink_to("mod.py")
    project = take_snapshot(repo, tmp_path / "snapshot")
    assert project.left_out == 2
    assert sorted(path.name for path in project.snapshot.iterdir()) == ["mod.py", "within.py"]


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    first = taken(tmp_path, "mod.py").digest
    (tmp_path / "repo" / "mod.py").write_text("x = 2\n")
    assert take_snapshot(tmp_path / "repo", tmp_path / "other").digest != first


def test_a_project_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_project, "LARGEST_BYTES", 8)
    with pytest.raises(InputError, match="more than 8 bytes"):
        taken(tmp_path, "a.py", "b.py")


@pytest.mark.parametrize(
    ("files", "source", "why"),
    [
        (["test_a.py"], None, "holds no Python source besides tests"),
        (["mod.py", "notes/a.txt"], Path("notes"), "notes: holds no Python source"),
        (["mod.py"], Path("absent"), "--source absent: is not in"),
        (["mod.py"], Path(".."), "--source ..: is not in"),
    ],
)
def test_what_has_no_code_is_refused(tmp_path: Path, files: list[str], source: Path | None, why: str) -> None:
    with pytest.raises(InputError, match=why):
        taken(tmp_path, *files, source=source)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent: is not a folder"):
        take_snapshot(tmp_path / "absent", tmp_path / "snapshot")
