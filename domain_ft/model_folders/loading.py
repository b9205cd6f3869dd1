"""What libraries raise where a folder is not what it is loaded as, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.safe_text import brief
from domain_ft.training.memory import is_out_of_memory


@contextmanager
def told_if_unloadable(folder: Path, kind: str, mend: str) -> Iterator[None]:
    """Loading from a folder: whatever a library raises but for want of memory becomes an InputError."""
    try:
        yield
    except Exception as error:  # of whichever library reads the file that is wrong
        if is_out_of_memory(error):
            raise
        reason = brief((str(error).strip() or type(error).__name__).splitlines()[0], 200)
        raise InputError(f"{folder}: cannot be loaded as {kind} ({reason}); {mend}") from error
