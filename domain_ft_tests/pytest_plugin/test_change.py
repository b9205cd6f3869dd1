"""What a run takes for the change."""

import re
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.pytest_plugin.change import Change, find_change
from domain_ft_tests.landing_world import Repository

SOURCE = "def total(items):\n    return sum(items)\n\n\ndef shown(items):\n    return items\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    path = tmp_path / "repository"
    path.mkdir()
    made = Repository(path)
    made.git("init", "-q")
    return made


def test_by_default_it_is_the_newest_commit(repository: Any) -> None:
    repository.commit("one", **{"a.py": "1"})
    sha = repository.commit("two\n\nwhy", **{"b.py": "1"})
    (repository.path / "inner").mkdir()
    assert find_change(repository.path / "inner") == Change("two\n\nwhy", ("b.py",), sha)


def test_what_is_not_committed_belongs_to_it_but_has_no_results(repository: Any) -> None:
    repository.commit("one", **{"basket.py": SOURCE, "b.py": "1"})
    (repository.path / "basket.py").write_text(SOURCE.replace("return items", "return list(items)"))
    change = find_change(repository.path)
    assert change.text.splitlines() == ["basket.py", "def shown(items):", "one"]
    assert (change.paths, change.commit) == (("b.py", "basket.py"), None)
    assert change.unreported == "changes are not committed (basket.py)"


def test_what_builds_leave_behind_is_no_change(repository: Any) -> None:
    sha = repository.commit("one", **{"a.py": "1", ".gitignore": "_version.py"})
    for name in ("report.xml", "_version.py", "venv/lib/site.py"):
        (repository.path / name).parent.mkdir(parents=True, exist_ok=True)
        (repository.path / name).write_text("left by a build")
    assert find_change(repository.path).commit == sha


def test_a_new_python_file_beside_tracked_ones_is_one(repository: Any) -> None:
    repository.commit("one", **{"a.py": "1"})
    (repository.path / "test_a.py").write_text("def test_a(): pass")
    change = find_change(repository.path)
    assert change.unreported == "changes are not committed (test_a.py)"
    assert change.paths == ("a.py", "test_a.py")


def test_a_named_commit_counts_whatever_the_tree(repository: Any) -> None:
    sha = repository.commit("one", **{"a.py": "1"})
    repository.commit("two", **{"a.py": "2"})
    (repository.path / "a.py").write_text("3")
    assert find_change(repository.path, commit=sha[:10]) == Change("one", ("a.py",), sha)


def test_a_commit_may_be_named_by_its_place_before_another(repository: Any) -> None:
    sha = repository.commit("one", **{"a.py": "1"})
    repository.commit("two", **{"a.py": "2"})
    assert find_change(repository.path, commit="HEAD~1") == Change("one", ("a.py",), sha)


def test_a_text_alone_names_no_commit_and_with_one_it_speaks_for_it(repository: Any) -> None:
    sha = repository.commit("Merge abc into def", **{"a.py": "1"})
    assert find_change(repository.path, text=" Round late ") == Change("Round late")
    assert find_change(repository.path, text="Round late", commit="HEAD") == Change("Round late", ("a.py",), sha)


def test_an_unknown_commit_is_refused(repository: Any) -> None:
    repository.commit("one")
    with pytest.raises(InputError, match="git knows no commit 'nowhere'"):
        find_change(repository.path, commit="nowhere")


def test_without_a_repository_or_a_commit_nothing_is_known_of_it(repository: Any, tmp_path: Path) -> None:
    assert find_change(repository.path) == Change("", unreported="no change is known (the repository has no commit)")
    change = find_change(tmp_path)
    assert (change.text, change.commit) == ("", None)
    assert change.unreported is not None
    assert re.fullmatch(r"no change is known \(.*not a git repository.*\)", change.unreported)
    with pytest.raises(InputError, match=r"not a git repository.*; name the change by --domain-ft-change-text$"):
        find_change(tmp_path, commit="HEAD")


def test_a_commit_without_a_message_has_no_results(repository: Any) -> None:
    repository.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    change = find_change(repository.path)
    assert change.unreported == f"commit {repository.git('rev-parse', 'HEAD')[:12]} has no message"


def test_a_shallow_clone_has_a_text_and_no_paths(repository: Any, tmp_path: Path) -> None:
    repository.commit("one", **{"a.py": "1"})
    sha = repository.commit("two", **{"b.py": "1"})
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.path}", str(clone))
    assert find_change(clone) == Change("two", (), sha)
