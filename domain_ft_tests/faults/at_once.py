"""Several processes that do something at the same moment: each is ready before all of them begin."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.store.home import Home

_WORK = """
import json, sys, time
from pathlib import Path
from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
import filelock, polars

PATIENCE_S = 2.0
home, settings, number, begin = Home.from_environment(), json.loads(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
domain = find_domain("test_history").with_overrides(settings)

def meet(module, function):
    original = getattr(module, function)
    def met(*arguments, **options):
        begin.with_name(f"{begin.name}-met-{number}").touch()
        until = time.monotonic() + PATIENCE_S
        while len(list(begin.parent.glob(f"{begin.name}-met-*"))) < 2 and time.monotonic() < until:
            time.sleep(0.001)
        return original(*arguments, **options)
    setattr(module, function, met)

exec(sys.argv[5])
begin.with_name(f"ready-{number}").touch()
while not begin.exists():
    time.sleep(0.001)
try:
    exec(sys.argv[4])
except DomainFtError as error:
    print(json.dumps(str(error)))
    sys.exit(error.exit_code)
"""


@dataclass(frozen=True)
class Answer:
    """What a process ended with: its exit code, and what it printed last, as JSON."""

    code: int
    said: Any


def at_once(
    home: Home, work: Sequence[str], settings: dict[str, Any] | None = None, *, before: str = ""
) -> list[Answer]:
    """Carry out lines of Python (which know `stages`, `domain` and `home`) at once, each in a process of its own.

    Each carries out `before` until it is ready: slow imports, and `meet(module, "function")`, which makes the first
    that comes to a function wait for a second one. Where a lock lets only one in, none comes; where none does, two
    are in there for certain.
    """
    begin = home.root.parent / f"begin-{time.monotonic_ns()}"
    line = [sys.executable, "-c", _WORK, json.dumps(settings or {})]
    environment = {**os.environ, "DOMAIN_FT_HOME": str(home.root)}
    processes = [
        subprocess.Popen(
            [*line, str(number), str(begin), each, before], env=environment, stdout=subprocess.PIPE, text=True
        )
        for number, each in enumerate(work)
    ]
    until = time.monotonic() + 120
    while not all((begin.with_name(f"ready-{number}")).exists() for number in range(len(work))):
        assert time.monotonic() < until, "a process does not come to its beginning"
        time.sleep(0.01)
    begin.touch()
    said = [process.communicate(timeout=300)[0].strip().splitlines() for process in processes]
    for number in range(len(work)):
        begin.with_name(f"ready-{number}").unlink()
    return [
        Answer(process.returncode, json.loads(lines[-1]) if lines else None)
        for process, lines in zip(processes, said, strict=True)
    ]


def ingesting(file: Path) -> str:
    """The line that ingests a file."""
    return f"print(json.dumps(stages.ingest(domain, home, [Path({str(file)!r})]).as_json()))"
