"""What the operating system refuses, as one sentence: which file or folder, what is wrong with it, what to do.

A full disk, a read-only folder or a limit can meet any step; each step leaves things whole, so the mend is always to
do it again once there is room.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain_ft.errors import DomainFtError

_TOLD = re.compile(r"\(os error ([0-9]{1,3})\)")
_TORN = re.compile(r"PytorchStreamWriter failed|inline_container\.cc.* unexpected pos")
"""How torch says that a file did not take all that was written: without the number, and without the name."""
_MENDS = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room within the quota",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENFILE: "end other programs, or raise the machine's limit on open files",
    errno.EROFS: "name a folder that can be written (DOMAIN_FT_HOME)",
    errno.EACCES: "give this user access to it",
    errno.EPERM: "give this user access to it",
    errno.ENOENT: "put it back, or make it again",
    errno.ENOTDIR: "move away what stands in the place of a folder",
    errno.EEXIST: "move away what stands in its place",
    errno.EISDIR: "move away the folder in its place",
    errno.ENOTEMPTY: "move away what stands in its place",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "mend the links, which lead in a circle",
    errno.EIO: "check that disk",
}


def fault_sentence(error: BaseException, where: Path | None = None) -> str | None:
    """One sentence for what the operating system refused, or None if it has no part in the error.

    `where` names the place if the error itself does not. Libraries written in Rust say only in their words what
    it was: `... (os error 28)`.
    """
    number = _number(error)
    if _TORN.search(str(error)):
        there = f"{where}: " if where else ""
        return f"{there}a file could not be written to its end; make room on that disk, then do this step again"
    if number is None and not isinstance(error, OSError):
        return None
    named = [os.fsdecode(name) for name in _named(error)]
    place = " -> ".join(named) if named else where
    what = os.strerror(number) if number else (str(error).strip().splitlines() or [type(error).__name__])[0]
    return f"{f'{place}: ' if place else ''}{what}; {_MENDS.get(number or 0, 'mend that')}, then do this step again"


def _named(error: BaseException) -> list[str | bytes]:
    """The files that an error names: two where one was to be renamed, linked or copied to the other."""
    names = (getattr(error, name, None) for name in ("filename", "filename2"))
    return [name for name in names if isinstance(name, str | bytes)]


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno:
        return error.errno
    told = _TOLD.search(str(error))
    return int(told[1]) if told else None


@contextmanager
def faults_as_sentences(where: Path) -> Iterator[None]:
    """Raise what the operating system refuses in the block as a DomainFtError that names the place."""
    try:
        yield
    except DomainFtError:
        raise
    except Exception as error:
        sentence = fault_sentence(error, where)
        if sentence is None:
            raise
        raise DomainFtError(sentence) from None
