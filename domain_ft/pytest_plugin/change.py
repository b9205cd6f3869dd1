"""The change that a run of pytest is about: in the words of a person, or as the git repository of the tests has it.

Two questions have different answers here: what may be broken (the commit, and what is not committed yet), and what
the results are results of. A tree that no commit holds is nothing that a history could ever show again, so results
of such a tree are kept only where a person names the change.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.landing.git_log import Commit, read_commits, run_git

_HUNKS = 50
_LONGEST = 20_000
"""Characters of a change's text; who writes more has pasted a file."""
_CONTEXT = re.compile(r"^@@ [^@]*@@ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """What changed: text, paths touched (relative to the repository), the commit's hash where there is one.

    `unreported` says in a few words why results cannot be kept as results of this change; None where they can.
    """

    text: str
    paths: tuple[str, ...] = ()
    commit: str | None = None
    unreported: str | None = None


def find_change(folder: Path, text: str | None = None, commit: str | None = None) -> Change:
    """The change by its text, by a commit of the repository that `folder` lies in, by both, or by HEAD and the tree.

    Raises InputError for a commit that is named and cannot be found. Where none is named and there is no repository
    or no commit, the change has no text.
    """
    if commit:
        try:
            named = _read(folder, commit)
        except InputError as error:
            raise InputError(f"{_what(error)}; name the change by --domain-ft-change-text") from None
        if named is None:
            raise InputError(f"{folder}: git knows no commit {commit!r}; fetch it, or name another one")
        return _change(named, (text or "").strip() or named.message)
    if text and text.strip():
        return Change(text.strip()[:_LONGEST])
    try:
        head = _read(folder, "HEAD")
        if head is None:
            return Change("", unreported="no change is known (the repository has no commit)")
        uncommitted = _uncommitted(folder)
        return _with_uncommitted(folder, head, uncommitted) if uncommitted else _change(head, head.message)
    except InputError as error:
        return Change("", unreported=f"no change is known ({_what(error)})")


def _read(folder: Path, name: str) -> Commit | None:
    """The commit of a name; CI often clones shallow, and the text of the newest commit is there all the same."""
    return read_commits(folder, [name], shallow=True, typed=True).get(name)


def _what(error: InputError) -> str:
    """What git says, without the mend: that is for who reads a history of reports."""
    return str(error).partition("; ")[0]


def _change(commit: Commit, text: str) -> Change:
    empty = None if text else f"commit {commit.sha[:12]} has no message"
    return Change(text[:_LONGEST], commit.paths, commit.sha, empty)


def _with_uncommitted(folder: Path, head: Commit, paths: tuple[str, ...]) -> Change:
    """HEAD and what is not committed: it has no message yet, but the names of files and functions say something."""
    diff = run_git(folder, ["diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--unified=0"])
    contexts = list(dict.fromkeys(_CONTEXT.findall(diff)))[:_HUNKS]
    shown = f"{paths[0]}{f' and {len(paths) - 1} more' if paths[1:] else ''}"
    return Change(
        text="\n".join([*paths, *contexts, head.message])[:_LONGEST],
        paths=tuple(sorted({*paths, *head.paths})),
        unreported=f"changes are not committed ({shown})",
    )


def _uncommitted(folder: Path) -> tuple[str, ...]:
    """Tracked files that differ from HEAD, and new Python files beside tracked ones.

    Whole folders that git does not track, and other new files, are left by builds as often as they are made by people.
    """
    changed = run_git(folder, ["diff", "HEAD", "--name-only", "-z", "--no-ext-diff", "--ignore-submodules=dirty"])
    new = run_git(folder, ["ls-files", "--others", "--exclude-standard", "--directory", "--full-name", "-z"])
    names = [*changed.split("\0"), *(name for name in new.split("\0") if name.endswith(".py"))]
    return tuple(sorted(name for name in names if name))
