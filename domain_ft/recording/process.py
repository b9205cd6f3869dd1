"""One run of somebody's code: in a process group of its own, for so long and with so much memory, and then no trace.

A changed program may loop for ever or fill the memory. It is asked to stop as by Ctrl-C, which lets pytest write its
report, and then the whole group is killed; the same happens when whoever waits for it is interrupted.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

LIFELINE_VARIABLE = "DOMAIN_FT_LIFELINE"
"""Names the descriptor that ends when this process does, however it does; `in_pytest` listens to it."""
GRACE_S = 5.0
"""Between asking and killing."""
_POLL_S = 0.02
_LOOK_S = 0.25

Stopped = Literal["time", "memory"]


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (below 0: by that signal), why it was stopped, what it took."""

    exit_code: int
    stopped: Stopped | None
    seconds: float
    peak_bytes: int


def run_limited(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    seconds: float,
    memory_bytes: int | None = None,
) -> Ended:
    """Run a command in a folder, all it says in the file `log`; without limit on memory where none is given."""
    began = time.monotonic()
    lifeline, held = os.pipe()
    try:
        with log.open("wb") as said:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, LIFELINE_VARIABLE: str(lifeline)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                pass_fds=(lifeline,),
                start_new_session=True,
            )
    except BaseException:
        os.close(held)
        raise
    finally:
        os.close(lifeline)
    try:
        stopped, peak = _watch(process, began + seconds, memory_bytes)
        took = time.monotonic() - began
        if stopped:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_S)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(held)
    return Ended(process.returncode, stopped, took, peak)


def _watch(process: subprocess.Popen[bytes], deadline: float, memory_bytes: int | None) -> tuple[Stopped | None, int]:
    """Wait for the end, or for a limit; the reason for which to stop it, and the most memory that was seen."""
    peak, looked = 0, 0.0
    while process.poll() is None:
        now = time.monotonic()
        if now >= deadline:
            return "time", peak
        if now - looked >= _LOOK_S:
            peak, looked = max(peak, _memory(process.pid)), now
            if memory_bytes is not None and peak > memory_bytes:
                return "memory", peak
        time.sleep(_POLL_S)
    return None, peak


def _memory(group: int) -> int:
    """Bytes that a process and its descendants hold."""
    try:
        leader = psutil.Process(group)
        family = [leader, *leader.children(recursive=True)]
    except psutil.Error:
        return 0
    held = 0
    for member in family:
        with suppress(psutil.Error):
            held += member.memory_info().rss
    return held
