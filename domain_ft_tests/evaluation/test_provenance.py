"""What a figure was computed with."""

import subprocess
from pathlib import Path

from domain_ft.evaluation.provenance import git_commit, library_versions


def test_versions_are_those_of_the_installed_libraries() -> None:
    found = library_versions()

    assert found["python"].startswith("3.")
    assert {"numpy", "polars", "bm25s"} <= set(found)


def test_outside_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert git_commit(tmp_path) is None


def test_a_commit_is_marked_when_files_differ_from_it(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "one")
    clean = git_commit(tmp_path)
    (tmp_path / "a").write_text("2")

    assert clean is not None
    assert len(clean) == 40
    assert git_commit(tmp_path) == f"{clean}+changes"
