"""Killed at any line, again and again: no line is lost, and none whose answer was kept is asked for twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from domain_ft.store.home import Home
from domain_ft_tests.generation.writing import passage_of, write_paper
from domain_ft_tests.llm.server import OllamaServer

# The real command's function in a process of its own, without the command line's imports, which take longer.
COMMAND = """
import sys
from pathlib import Path
from domain_ft.domains import find_domain
from domain_ft.generate_pairs import generate_pairs
from domain_ft.store.home import Home
changes = {"generation.by": "ollama", "generation.model": "tiny:1b", "generation.least_words": 20}
done = generate_pairs(find_domain("papers_qa").with_overrides(changes), Home.from_environment(), [Path(sys.argv[1])])
print(done.tally.asked, done.tally.kept, done.tally.rows)
"""
PAPERS, PASSAGES = 50, 4


def start(papers: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(papers)], env=dict(os.environ), stdout=subprocess.PIPE, text=True
    )


def kept(home: Home) -> int:
    """Answers that are on the disk, whole."""
    return sum(file.read_bytes().count(b"\n") for file in home.generated("papers_qa").glob("*/*.jsonl"))


def landed(home: Home) -> list[dict[str, Any]]:
    files = home.landing("papers_qa").glob("generated-*.jsonl")
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def killed_at(papers: Path, home: Home, answers: int) -> int:
    """Kill the command once so many answers are kept; returns how many are. Fewer where it came to its end before."""
    process = start(papers)
    until = time.monotonic() + 120
    while process.poll() is None and kept(home) < answers:
        assert time.monotonic() < until
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return kept(home)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "seed"),
    [(12, 2), (12, 3)],
)
def test_fifty_papers_survive_being_killed_at_random_lines(
    server: OllamaServer, home: Home, tmp_path: Path, kills: int, seed: int
) -> None:
    papers = tmp_path / "papers"
    for number in range(PAPERS):
        write_paper(papers, f"paper{number:02}", PASSAGES)
    draw, total = random.Random(seed), PAPERS * PASSAGES
    for number in range(kills):
        killed_at(papers, home, draw.randrange(1 + number * total // kills, 1 + (number + 1) * total // kills))
    before = kept(home)
    done = start(papers)
    said, _ = done.communicate(timeout=120)
    assert said.split() == [str(total - before), str(before), str(total)]

    rows = landed(home)
    assert len(rows) == len({row["id"] for row in rows}) == total
    asked = Counter(passage_of(body["messages"]) for body in server.bodies("/api/chat"))
    assert len(asked) == total
    repeated = sum(count - 1 for count in asked.values())
    assert repeated <= kills  # only what was on its way at a kill, and so was never kept, is asked for again


def test_the_files_that_landed_before_a_kill_are_those_of_a_run_that_was_left_alone(
    server: OllamaServer, home: Home, tmp_path: Path
) -> None:
    papers = tmp_path / "papers"
    for number in range(6):
        write_paper(papers, f"paper{number}", PASSAGES)
    killed_at(papers, home, 10)
    early = {path.name: path.read_bytes() for path in home.landing("papers_qa").glob("generated-*.jsonl")}
    start(papers).communicate(timeout=120)
    late = {path.name: path.read_bytes() for path in home.landing("papers_qa").iterdir()}
    assert early
    assert early.items() <= late.items()
    assert len(late) == 6
