"""One answer for all workers of a run: whoever comes first makes it, the others wait for it and take the same.

Workers that ran their tests in different orders would be refused by pytest-xdist; so what lies in the folder counts,
even where a worker has waited too long and gives up: then it gives up for all.
"""

import json
import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_EVERY_S = 0.02


def settle_once(
    folder: Path, make: Callable[[], dict[str, Any]], give_up: Callable[[], dict[str, Any]], *, wait_s: float
) -> dict[str, Any]:
    """The JSON object that the processes sharing `folder` agree on.

    The first one to come makes it by `make`. A process that has waited `wait_s` seconds in vain offers `give_up`;
    what is offered first counts for every process, those included that come later.
    """
    settled = folder / "settled.json"
    with suppress(FileExistsError):
        os.close(os.open(folder / "claimed", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        return _offer(settled, make())
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if settled.exists():
            return _read(settled)
        time.sleep(_EVERY_S)
    return _offer(settled, give_up())


def _offer(settled: Path, answer: dict[str, Any]) -> dict[str, Any]:
    """Put an answer in its place, whole, unless one lies there; the one that lies there."""
    beside = settled.with_name(uuid.uuid4().hex)
    beside.write_text(json.dumps(answer))
    with suppress(FileExistsError):
        os.link(beside, settled)
    beside.unlink()
    return _read(settled)


def _read(settled: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(settled.read_text())
    return answer
