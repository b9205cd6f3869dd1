"""What a person names to be written: where that cannot be, the place is the mistake, and another one the mend."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.faults import faults_as_sentences

_WRONG_PLACE = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENAMETOOLONG,
}


@contextmanager
def named_output(path: Path) -> Iterator[None]:
    """InputError where nothing can be written at the path of `-o`; DomainFtError for what goes wrong in writing, such
    as a full disk."""
    with faults_as_sentences(path):
        try:
            yield
        except OSError as error:
            if error.errno not in _WRONG_PLACE:
                raise
            raise InputError(f"-o {path}: cannot be written ({error.strerror}); name another place") from None
