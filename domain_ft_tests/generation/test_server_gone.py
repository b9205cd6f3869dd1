"""A real server process that dies in the middle: waited for while there is patience, and gone on with after that."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.llm.ollama import HOST_VARIABLE
from domain_ft.store.home import Home
from domain_ft_tests.generation.test_generate import Generate
from domain_ft_tests.generation.test_killed import kept
from domain_ft_tests.generation.writing import write_paper

SERVER = """
import sys, time
from domain_ft_tests.generation.writing import writer
from domain_ft_tests.llm.server import OllamaServer, serving
server = OllamaServer(models={"tiny:1b": writer}, tokens_at_once=50)
server.faults.slow_s = 0.02
with serving(server, int(sys.argv[1])):
    print(server.address, flush=True)
    time.sleep(600)
"""


class Server:
    """A server process that can be killed, and started again at the same address."""

    def __init__(self) -> None:
        self.port = 0
        self.address = self.start()
        self.port = int(self.address.rpartition(":")[2])

    def start(self) -> str:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(self.port)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setenv(HOST_VARIABLE, server.address)
    yield server
    with suppress(ProcessLookupError):
        server.kill()


def once(home: Home, answers: int, act: threading.Thread) -> None:
    """Begin something as soon as so many answers are kept."""

    def watch() -> None:
        until = time.monotonic() + 60
        while kept(home) < answers and time.monotonic() < until:
            time.sleep(0.001)
        act.start()

    threading.Thread(target=watch, daemon=True).start()


def test_a_server_that_dies_ends_it_in_a_sentence_and_the_same_again_goes_on(
    process: Server, generate: Generate, home: Home, tmp_path: Path
) -> None:
    paper = write_paper(tmp_path, "alpha", 12)
    once(home, 3, threading.Thread(target=process.kill))
    with pytest.raises(
        DomainFtError, match=r"no Ollama answers at .*; what was answered is kept, and the same command"
    ):
        generate(paper, patience_s=0)
    before = kept(home)
    assert 3 <= before < 12
    process.start()
    result = generate(paper)
    assert (result.tally.kept, result.tally.asked, result.tally.rows) == (before, 12 - before, 12)


def test_a_server_that_comes_back_in_time_costs_nothing_but_the_time(
    process: Server, generate: Generate, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = write_paper(tmp_path, "alpha", 12)

    def restart() -> None:
        process.kill()
        process.start()

    once(home, 3, threading.Thread(target=restart))
    result = generate(paper, patience_s=60, pause=time.sleep)
    assert (result.tally.asked, result.tally.rows, result.tally.unanswered) == (12, 12, {})
