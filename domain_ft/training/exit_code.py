"""How a process that computes apart ends: whatever happens is an event, a line on stderr and an exit code."""

import sys
import traceback
from collections.abc import Callable

from domain_ft.errors import DomainFtError
from domain_ft.faults import fault_sentence
from domain_ft.safe_text import one_line
from domain_ft.training.memory import is_out_of_memory
from domain_ft.training.progress import OnEvent, TrainingEvent
from domain_ft.training.stop import EXIT_STOPPED, TrainingStoppedError
from domain_ft.training.supervise import OUT_OF_MEMORY


def exit_code_of(work: Callable[[], None], report: OnEvent, out_of_memory: str) -> int:
    """Work, and tell how it ended; `out_of_memory` says what a person may try where memory ran out."""
    try:
        work()
        return 0
    except TrainingStoppedError as stopped:
        report(TrainingEvent("stopped", message=str(stopped)))
        print(one_line(str(stopped)), file=sys.stderr)
        return EXIT_STOPPED
    except Exception as error:
        traceback.print_exc()
        failed = _failure(error, out_of_memory)
        report(failed)
        print(one_line(failed.message), file=sys.stderr)
        return int(failed.values["exit_code"] or 1)


def _failure(error: Exception, out_of_memory: str) -> TrainingEvent:
    if is_out_of_memory(error):
        return TrainingEvent("failed", values={"exit_code": 1, "reason": OUT_OF_MEMORY}, message=out_of_memory)
    if isinstance(error, DomainFtError):
        return TrainingEvent("failed", values={"exit_code": error.exit_code}, message=str(error))
    fault = fault_sentence(error)
    if fault is not None:
        return TrainingEvent("failed", values={"exit_code": DomainFtError.exit_code}, message=fault)
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    return TrainingEvent("failed", values={"exit_code": 1}, message=f"the training failed ({text})")
