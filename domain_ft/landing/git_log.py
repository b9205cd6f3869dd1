"""What a commit says and touches, asked of `git` itself.

Names of commits come from reports and are not trusted: they reach git through its standard input, each as one
revision of a plain shape, never as an argument; and nothing that a repository configures is run.
"""

import os
import re
import subprocess
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from domain_ft.errors import InputError

_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._/+-]{0,199}", re.ASCII)
_TYPED = re.compile(r"[0-9A-Za-z_@][0-9A-Za-z._/+@{}~^-]{0,199}", re.ASCII)
"""What a person may type besides: `HEAD~1`, `main^2`, `@{1}`."""
_SECONDS = 600
_QUIET = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.quotePath=false")


@dataclass(frozen=True)
class Commit:
    """A commit: its full hash, when it was committed (ISO 8601), its message, the paths it touches."""

    sha: str
    committed: str
    message: str
    paths: tuple[str, ...]


def read_commits(
    repository: Path, names: Iterable[str], *, shallow: bool = False, typed: bool = False
) -> dict[str, Commit]:
    """The commits that `names` (hashes, tags, branches) mean; a name that the repository does not know is left out.

    Names that a person has `typed` may also go back from there (`HEAD~1`); in a report, that is no lasting name. Of a
    merge the paths are those that differ from its first parent. Raises InputError where there is no repository,
    and for a shallow clone, whose oldest commits seem to touch every file; with `shallow` those have no paths instead.
    """
    cut = _cut_off(repository)
    if cut and not shallow:
        raise InputError(
            f"{repository}: is a shallow clone, which lacks the texts of older changes; "
            f"run `git -C {repository} fetch --unshallow`"
        )
    shape = _TYPED if typed else _NAME
    found = _hashes(repository, sorted({name for name in names if shape.fullmatch(name)}), typed)
    commits = _log(repository, sorted(set(found.values()))) if found else {}
    commits |= {sha: replace(commit, paths=()) for sha, commit in commits.items() if sha in cut}
    return {name: commits[sha] for name, sha in found.items()}


def _hashes(repository: Path, names: Sequence[str], typed: bool) -> dict[str, str]:
    """The full hashes of the commits that names mean; a name without one is left out."""
    if not names:
        return {}
    asked = "".join(f"{name}^{{commit}}\n" for name in names)
    try:
        answers = run_git(repository, ["cat-file", "--batch-check=%(objectname) %(objecttype)"], asked).splitlines()
    except InputError:
        if typed:  # git ends over a place that a branch's log does not have (`HEAD@{99}`), and says nothing of others
            return {}
        raise
    return {
        name: answer.split()[0]
        for name, answer in zip(names, answers, strict=True)
        if re.fullmatch(r"[0-9a-f]{40,64} commit", answer)
    }


def _cut_off(repository: Path) -> frozenset[str]:
    """The commits of a shallow clone whose parents it lacks; InputError where there is no repository."""
    if not repository.is_dir():
        raise InputError(f"{repository}: is not a folder; name the git repository under source.repository")
    if run_git(repository, ["rev-parse", "--is-shallow-repository"]).strip() != "true":
        return frozenset()
    listed = repository / run_git(repository, ["rev-parse", "--git-path", "shallow"]).strip()
    return frozenset(listed.read_text().split())


def _log(repository: Path, shas: list[str]) -> dict[str, Commit]:
    mark = uuid.uuid4().hex
    form = f"--format={mark}%H%x00%cI%x00%B%x00"
    options = ["--no-walk=unsorted", "--stdin", "-z", "--name-only", "--no-renames", "--diff-merges=first-parent"]
    text = run_git(repository, ["log", "--no-show-signature", "--no-ext-diff", form, *options], "\n".join(shas) + "\n")
    commits = {}
    for entry in text.split(mark)[1:]:
        sha, committed, message, *paths = entry.split("\0")
        touched = tuple(path for path in (path.lstrip("\n") for path in paths) if path)
        commits[sha] = Commit(sha, committed, message.strip(), touched)
    return commits


def run_git(repository: Path, arguments: list[str], text: str = "") -> str:
    """What git answers about a repository; InputError where it cannot."""
    command = ["git", "-C", str(repository), "--no-pager", *_QUIET, *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {
        **kept,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, check=False, timeout=_SECONDS, env=environment
        )
    except FileNotFoundError:
        raise InputError("git is not installed, and JUnit reports take the text of their changes from it") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{repository}: git did not answer within {_SECONDS} s; try `git fsck` there") from None
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[0]
        raise InputError(f"{repository}: git cannot read it ({reason}); name a repository under source.repository")
    return done.stdout.decode("utf-8", "replace")
