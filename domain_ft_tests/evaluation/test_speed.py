"""Latency and throughput, with a clock that the test turns."""

from collections.abc import Sequence

import numpy as np

from domain_ft.evaluation.speed import ENCODED, WARM_UP, Speed, Uncached, measure_speed
from domain_ft.store.vectors import FloatArray, Prefixes


class Machine:
    """Encodes a text in as many seconds as it is told, and keeps what it was asked."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.now, self.seconds, self.asked = 0.0, iter(seconds), list[list[str]]()

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.asked.append(list(texts))
        self.now += next(self.seconds)
        return np.ones((len(texts), 2), dtype=np.float32)

    def measure(self, runs: int, passages: Sequence[str] = ("p",), prefixes: Prefixes = Prefixes()) -> Speed:  # noqa: B008
        items = np.ones((len(passages), 2), dtype=np.float32)
        uncached = Uncached(self.encode, "here")
        return measure_speed(uncached, ["a", "b", "c"], passages, items, runs, prefixes, lambda: self.now)


def test_the_warm_up_does_not_count() -> None:
    speed = Machine([9.0] * WARM_UP + [0.001, 0.002, 0.003] + [1.0]).measure(3)
    assert (round(speed.median_ms, 6), round(speed.p95_ms, 6)) == (2.0, 2.9)


def test_queries_come_one_by_one_in_turn_and_passages_all_at_once() -> None:
    machine = Machine([0.1] * 100)
    machine.measure(5, ["p", "r"], Prefixes("q: ", "d: "))
    *queries, passages = machine.asked
    assert len(queries) == WARM_UP + 5
    assert queries[:4] == [["q: a"], ["q: b"], ["q: c"], ["q: a"]]
    assert passages == ["d: p", "d: r"]


def test_throughput_is_passages_per_second() -> None:
    speed = Machine([0.125] * (WARM_UP + 1) + [2.0]).measure(1, [f"p{n}" for n in range(10)])
    assert (speed.texts, speed.texts_per_second, speed.corpus) == (10, 5.0, 10)


def test_of_a_large_corpus_an_even_part_is_encoded() -> None:
    machine = Machine([0.1] * (WARM_UP + 2))
    machine.measure(1, [f"p{n}" for n in range(10 * ENCODED)])
    assert len(machine.asked[-1]) == ENCODED
    assert (machine.asked[-1][0], machine.asked[-1][-1]) == ("p0", f"p{10 * ENCODED - 1}")
