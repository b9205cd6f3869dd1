"""A server that is gone is waited for, ever longer, and for as long as was said."""

import pytest

from domain_ft.llm.asking import with_patience
from domain_ft.llm.protocol import GenerationError, GeneratorUnavailableError, ServerUnreachableError


class Clock:
    """Time that passes while one pauses, and not otherwise."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def back_after(clock: Clock, seconds: float) -> str:
    if clock.now < seconds:
        raise ServerUnreachableError("no Ollama answers")
    return "an answer"


def test_an_answer_comes_once_the_server_is_back() -> None:
    clock = Clock()
    assert with_patience(lambda: back_after(clock, 20), 600, clock.pause, lambda: clock.now) == "an answer"
    assert clock.pauses == [1, 2, 4, 8, 16]


def test_pauses_grow_up_to_half_a_minute_and_end_with_the_patience() -> None:
    clock = Clock()
    with pytest.raises(ServerUnreachableError, match=r"no Ollama answers \(waited 300 s\)"):
        with_patience(lambda: back_after(clock, 1e9), 300, clock.pause, lambda: clock.now)
    assert max(clock.pauses) == 30
    assert clock.now <= 300


@pytest.mark.parametrize("error", [GenerationError("slow"), GeneratorUnavailableError("no such model")])
def test_what_waiting_cannot_mend_is_told_at_once(error: GenerationError) -> None:
    clock = Clock()

    def ask() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        with_patience(ask, 300, clock.pause, lambda: clock.now)
    assert clock.pauses == []
