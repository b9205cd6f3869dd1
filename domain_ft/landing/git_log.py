"""What a commit says and touches, asked of `git` itself.

Names of commits come from reports and are not trusted: they reach git through its standard input, each as one
revision of a plain shape, never as an argument; and nothing that a repository configures is run.
"""

import os
import re
import subprocess
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from domain_ft.errors import InputError

_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._/+-]{0,199}", re.ASCII)
_SECONDS = 600
_QUIET = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.quotePath=false")


@dataclass(frozen=True)
class Commit:
    """A commit: its full hash, when it was committed (ISO 8601), its message, the paths it touches."""

    sha: str
    committed: str
    message: str
    paths: tuple[str, ...]


def read_commits(repository: Path, names: Iterable[str], *, shallow: bool = False) -> dict[str, Commit]:
    """The commits that `names` (hashes, tags, branches) mean; a name that the repository does not know is left out.

    Of a merge the paths are those that differ from its first parent. Raises InputError where there is no repository,
    and for a shallow clone, whose oldest commits seem to touch every file; with `shallow` those have no paths instead.
    """
    cut = _cut_off(repository)
    if cut and not shallow:
        raise InputError(
            f"{repository}: is a shallow clone, which lacks the texts of older changes; "
            f"run `git -C {repository} fetch --unshallow`"
        )
    wanted = sorted({name for name in names if _NAME.fullmatch(name)})
    if not wanted:
        return {}
    asked = "".join(f"{name}^{{commit}}\n" for name in wanted)
    answers = run_git(repository, ["cat-file", "--batch-check=%(objectname) %(objecttype)"], asked).splitlines()
    found = {
        name: answer.split()[0]
        for name, answer in zip(wanted, answers, strict=True)
        if re.fullmatch(r"[0-9a-f]{40,64} commit", answer)
    }
    commits = _log(repository, sorted(set(found.values()))) if found else {}
    commits |= {sha: replace(commit, paths=()) for sha, commit in commits.items() if sha in cut}
    return {name: commits[sha] for name, sha in found.items()}


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
