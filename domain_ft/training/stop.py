"""How a training process learns that it should stop: a signal, or the end of its parent.

The parent holds the writing end of a pipe and never writes; when it dies, however it dies, the reading end comes to
its end. Asked to stop, the training finishes its step and writes a checkpoint; if it has not ended within the grace,
the process ends itself.
"""

import os
import signal
import threading
import time
from types import FrameType

from domain_ft.errors import DomainFtError

LIFELINE_VARIABLE = "DOMAIN_FT_LIFELINE"
GRACE_S = 120.0
_SAME_MOMENT_S = 1.0
EXIT_STOPPED = 3


class TrainingStoppedError(DomainFtError):
    """The training was asked to stop; the same command goes on from its last checkpoint."""


class StopRequest:
    """Whether, and why, this process was asked to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.reason = ""

    @property
    def asked(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked.is_set()

    def ask(self, reason: str) -> None:
        """Ask for a stop; the first reason stays."""
        self.reason = self.reason or reason
        self._asked.set()


def stopped(stop: StopRequest, step: int, steps: int) -> TrainingStoppedError:
    """The error of a training that was asked to stop."""
    return TrainingStoppedError(
        f"stopped after step {step} of {steps} ({stop.reason}); the same command goes on from there"
    )


def listen_for_stop(grace_s: float = GRACE_S) -> StopRequest:
    """Listen to SIGTERM, SIGINT and the parent's lifeline.

    A person's second Ctrl-C ends the process at once. Other repeated signals do not: launchers and terminals send
    their own to the same process in the same moment, and a checkpoint is worth the wait.
    """
    request = StopRequest()
    asked_at = 0.0

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal asked_at
        if request.asked:
            if number == signal.SIGINT and time.monotonic() - asked_at > _SAME_MOMENT_S:
                os._exit(EXIT_STOPPED)
            return
        asked_at = time.monotonic()
        request.ask(f"asked to by {signal.Signals(number).name}")
        _end_after(grace_s)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    lifeline = os.environ.pop(LIFELINE_VARIABLE, None)
    if lifeline is not None:
        threading.Thread(target=_wait_for_end, args=(int(lifeline), request, grace_s), daemon=True).start()
    return request


def _wait_for_end(descriptor: int, request: StopRequest, grace_s: float) -> None:
    try:
        while os.read(descriptor, 1):
            pass
    except OSError:
        return
    request.ask("the process that started it has ended")
    _end_after(grace_s)


def _end_after(grace_s: float) -> None:
    timer = threading.Timer(grace_s, os._exit, args=(EXIT_STOPPED,))
    timer.daemon = True
    timer.start()
