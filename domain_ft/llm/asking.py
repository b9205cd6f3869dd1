"""Questions asked one after the other: each answer is kept before the next question, and none is asked for twice.

A server that goes away in the middle is waited for; what does not come back ends in one sentence, and the same command
goes on from there.
"""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from domain_ft.errors import DomainFtError
from domain_ft.llm.kept import KeptAnswers
from domain_ft.llm.protocol import Generation, GeneratorUnavailableError, ServerUnreachableError
from domain_ft.progress import Progress

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


def ask_each(
    questions: Sequence[tuple[str, _Question]],
    answered: KeptAnswers,
    ask: Callable[[_Question], dict[str, Any]],
    progress: Progress,
    again: Collection[str] = (),
) -> int:
    """Keep the row of each (key, question) that has none yet; returns how many had one before.

    Keys in `again` are asked for once more.

    DomainFtError where no question can be answered any more: what was answered is kept.
    """
    anew = set(again)
    before = sum(key in answered and key not in anew for key, _ in questions)
    for number, (key, question) in enumerate(questions, 1):
        if key not in answered or key in anew:
            try:
                answered.keep(key, ask(question))
                anew.discard(key)
            except GeneratorUnavailableError as error:
                raise DomainFtError(f"{error}; what was answered is kept, and the same command goes on") from None
        progress("ask", number, len(questions))
    return before


def with_patience(
    ask: Callable[[], _Answer],
    patience_s: float,
    pause: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> _Answer:
    """What `ask` gives, waited for while nothing answers where the server should be, ever longer up to half a minute.

    ServerUnreachableError where that has taken `patience_s` seconds.
    """
    until, wait = clock() + patience_s, _FIRST_PAUSE_S
    while True:
        try:
            return ask()
        except ServerUnreachableError as error:
            if clock() + wait > until:
                waited = f" (waited {patience_s:g} s)" if patience_s else ""
                raise ServerUnreachableError(f"{error}{waited}") from None
            pause(wait)
            wait = min(2 * wait, _LONGEST_PAUSE_S)


def answer_figures(answer: Generation) -> dict[str, Any]:
    """How an answer ended and what it took, as it stands in a row."""
    return {
        "done_reason": answer.done_reason,
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "seconds": round(answer.seconds, 3),
    }
