"""What a commit says and touches."""

from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.landing.git_log import read_commits


def test_message_paths_and_time_of_a_commit(repository: Any) -> None:
    repository.commit("start", **{"a.py": "1"})
    sha = repository.commit("round late\n\nbecause of cents", **{"a.py": "2", "größe b.py": "x"})
    commit = read_commits(repository.path, [sha])[sha]
    assert commit.message == "round late\n\nbecause of cents"
    assert set(commit.paths) == {"a.py", "größe b.py"}
    assert commit.committed.startswith("20")


def test_the_first_commit_touches_what_it_adds(repository: Any) -> None:
    sha = repository.commit("start", **{"a.py": "1"})
    assert read_commits(repository.path, [sha])[sha].paths == ("a.py",)


def test_a_merge_touches_what_it_brings(repository: Any) -> None:
    repository.commit("start", **{"a.py": "1"})
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("side", **{"b.py": "1"})
    repository.git("checkout", "-q", "-")
    repository.commit("main", **{"c.py": "1"})
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    sha = repository.git("rev-parse", "HEAD")
    assert read_commits(repository.path, [sha])[sha].paths == ("b.py",)


def test_short_hashes_and_tags_are_known_names(repository: Any) -> None:
    sha = repository.commit("start")
    repository.git("tag", "v1.0")
    found = read_commits(repository.path, [sha[:8], "v1.0"])
    assert {name: commit.sha for name, commit in found.items()} == {sha[:8]: sha, "v1.0": sha}


def test_unknown_names_and_names_that_look_like_options_are_left_out(repository: Any, tmp_path: Path) -> None:
    sha = repository.commit("start")
    made = tmp_path / "made"
    names = ["f" * 40, f"--output={made}", "HEAD:a.py", "x\ny", "", sha]
    assert set(read_commits(repository.path, names)) == {sha}
    assert not made.exists()


@pytest.mark.parametrize("name", ["HEAD~1", "HEAD^", "@~1", "main^1", "HEAD@{1}", "main@{1}~0"])
def test_a_person_may_go_back_from_a_name_and_a_report_may_not(repository: Any, name: str) -> None:
    sha = repository.commit("one")
    repository.git("branch", "-M", "main")
    repository.commit("two")
    assert read_commits(repository.path, [name], typed=True)[name].sha == sha
    assert read_commits(repository.path, [name]) == {}


@pytest.mark.parametrize("name", ["--batch-all-objects", "-x", "^HEAD", "HEAD:a.py", "HEAD\nHEAD", "@{99}", "HEAD~9"])
def test_what_a_person_types_is_never_more_than_one_commit(repository: Any, name: str) -> None:
    repository.commit("one", **{"a.py": "1"})
    assert read_commits(repository.path, [name], typed=True) == {}


def test_many_commits_are_asked_at_once(repository: Any) -> None:
    shas = [repository.commit(f"change {number}") for number in range(30)]
    found = read_commits(repository.path, shas)
    assert [found[sha].message for sha in shas] == [f"change {number}" for number in range(30)]


def test_a_shallow_clone_is_refused_with_the_command_that_mends_it(repository: Any, tmp_path: Path) -> None:
    repository.commit("one")
    sha = repository.commit("two")
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.path}", str(clone))
    with pytest.raises(InputError, match=r"shallow.*fetch --unshallow"):
        read_commits(clone, [sha])


@pytest.mark.parametrize("name", ["absent", "plain"])
def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(InputError, match=r"source\.repository"):
        read_commits(tmp_path / name, ["HEAD"])


def test_the_newest_commit_of_a_shallow_clone_is_read_without_paths_where_they_are_not_known(
    repository: Any, tmp_path: Path
) -> None:
    repository.commit("one", **{"a.py": "1"})
    repository.commit("two", **{"b.py": "1"})
    sha = repository.commit("three", **{"c.py": "1"})
    read = {}
    for depth in (1, 2):
        clone = tmp_path / f"clone{depth}"
        repository.git("clone", "-q", "--depth", str(depth), f"file://{repository.path}", str(clone))
        read[depth] = read_commits(clone, ["HEAD"], shallow=True)["HEAD"]
    assert (read[1].sha, read[1].message, read[1].paths) == (sha, "three", ())
    assert (read[2].sha, read[2].message, read[2].paths) == (sha, "three", ("c.py",))
