"""What is too large: lines without end, and small files that unpack to large ones. Memory and disk stay bounded.

The everyday sizes are far above every limit but the disk's; the slow ones are those of the headline: 2 GB in one line,
and a bomb that really unpacks to more than 4 GiB.
"""

import gzip
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.landing import limits
from domain_ft.landing.limits import check_memory
from domain_ft.landing.quarantine import read_quarantine
from domain_ft.yaml_text import read_yaml
from domain_ft_tests.landing_world import World, a_row, as_csv, as_jsonl

MB = 1 << 20
EVERYDAY, HEADLINE = 256 * MB, 2 << 30
LEAST_RATE = 40 * MB
"""Bytes a second, on a machine that is busy with other things; and 20 seconds to start."""
INGEST = """
import json, sys
from pathlib import Path
from domain_ft.errors import DomainFtError
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import SourceSettings

path, folder = map(Path, sys.argv[1:3])
source = SourceSettings(repository=sys.argv[3] if len(sys.argv) > 3 else None)
try:
    done = ingest_files([path], domain="d", source=source, raw=folder / "raw", quarantine=folder / "quarantine")
    print(json.dumps(done.as_json()))
except DomainFtError as error:
    print(json.dumps({"error": str(error)}))
"""


@dataclass(frozen=True)
class Measured:
    """What an ingest in a process of its own said, how long it took, and how much memory of its own it had."""

    said: dict[str, Any]
    seconds: float
    peak: int


def measured_ingest(world: World, path: Path, *more: str) -> Measured:
    """Ingest a file in a child, looking at its anonymous memory (mapped files are given back when asked for)."""
    start, peak = time.monotonic(), 0
    command = [sys.executable, "-c", INGEST, str(path), str(world.folder), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        gone = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not gone.wait(0.02):
                peak = max(peak, anonymous_memory(child.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        stdout, stderr = child.communicate(timeout=500)
        gone.set()
        watcher.join()
    assert stdout, stderr.decode()
    return Measured(json.loads(stdout), time.monotonic() - start, peak)


def anonymous_memory(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(lines[0].split()[1]) * 1024 if lines else 0


def hollow(path: Path, before: bytes, size: int, after: bytes) -> Path:
    """A file with so many NUL bytes in the middle, which take no room on the disk."""
    with path.open("wb") as file:
        file.write(before)
        file.seek(size, 1)
        file.write(after)
    return path


def sizes_of(kinds: Iterable[str], *headline: str) -> list[Any]:
    """Each kind at its everyday size, and some at that of the headline."""
    marked = [pytest.param(kind, HEADLINE, marks=pytest.mark.slow) for kind in headline]
    return [*((kind, EVERYDAY) for kind in kinds), *marked]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def csv_lines(*keys: str) -> bytes:
    return b"".join(as_csv([a_row(TC_Key=key)]).split(b"\n", 1)[1] for key in keys)


HEADER = as_csv([])
LINES = {
    "csv": ("a.csv", HEADER + csv_lines("t1", "t2"), b"\n" + csv_lines("t3"), 4, 3),
    "quoted": ("a.csv", HEADER + csv_lines("t1", "t2") + b'b1,"', b'",x\n' + csv_lines("t3"), 4, 3),
    "open quote": ("a.csv", HEADER + csv_lines("t1", "t2") + b'"', b"\n" + csv_lines("t3"), 4, 2),
    "jsonl": ("a.jsonl", as_jsonl(a_row(TC_Key="t1"), a_row(TC_Key="t2")), b"\n" + as_jsonl(a_row(TC_Key="t3")), 3, 3),
}


@pytest.mark.parametrize(("kind", "size"), sizes_of(LINES, "quoted", "jsonl"))
def test_a_line_without_end_is_one_rejected_row_and_never_in_memory(world: World, kind: str, size: int) -> None:
    name, before, after, line, accepted = LINES[kind]
    done = measured_ingest(world, hollow(world.folder / name, before, size, after))

    assert (done.said["accepted"], done.said["rejected"]) == (accepted, 1)
    assert done.said["read"] == accepted + 1
    found = read_quarantine(world.quarantine).row(0, named=True)
    assert (found["line"], found["rule"]) == (line, "bad_quoting" if kind == "open quote" else "row_too_long")
    assert done.peak < 700 * MB
    assert done.seconds < 20 + size / LEAST_RATE


WHOLE = {
    "header": ("a.csv", b"", r"line 1: the header takes more than 65,536 bytes"),
    "only line": ("a.jsonl", b"", r"holds no row that is a JSON object \(line 1: row_too_long\)"),
    "report": ("a.xml", b"<testsuite name='", r"a\.xml:1: "),
}


@pytest.mark.parametrize(("kind", "size"), sizes_of(WHOLE, *WHOLE))
def test_a_file_of_one_line_is_refused(world: World, repository: Path, kind: str, size: int) -> None:
    name, before, says = WHOLE[kind]
    done = measured_ingest(world, hollow(world.folder / name, before, size, b"\n"), str(repository))

    assert re.search(says, done.said["error"])
    assert done.peak < 500 * MB
    assert done.seconds < 20 + size / LEAST_RATE


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    return path


def bomb(path: Path, mebibytes: int) -> Path:
    """A gzip file of many members: a good history, and then zeros, at a ratio of a thousand."""
    zeros = gzip.compress(bytes(64 * MB), 9)
    path.write_bytes(gzip.compress(as_csv([a_row()])) + zeros * (mebibytes // 64))
    return path


def refuse_bomb(world: World, path: Path) -> str:
    with pytest.raises(InputError) as refusal:
        world.ingest(path)
    assert not (world.raw / "current").exists()
    assert [left for left in world.raw.rglob("*") if left.name != ".ingest.lock"] == []
    return str(refusal.value)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv", "a.jsonl.gz"])
def test_a_gzip_bomb_is_given_up_and_leaves_nothing(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 100 * MB)
    sentence = refuse_bomb(world, bomb(world.folder / name, 640))
    assert "652,684 bytes unpack to more than 335,544,320, as only a decompression bomb does" in sentence
    assert "hand in the plain file" in sentence


@pytest.mark.slow
def test_a_gzip_bomb_of_its_true_size_is_given_up(world: World) -> None:
    sentence = refuse_bomb(world, bomb(world.folder / "a.csv.gz", 6 << 10))
    assert "as only a decompression bomb does" in sentence


def test_unpacking_never_fills_the_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FREE_BYTES", 1 << 60)
    sentence = refuse_bomb(world, bomb(world.folder / "a.csv.gz", 640))
    assert "are left free at" in sentence
    assert "make room there" in sentence


def test_a_history_that_repeats_itself_is_no_bomb(world: World) -> None:
    """The same change of 20 KB in each of 5,000 rows: 100 MB from less than one, and every row is taken."""
    change = " ".join(f"word{number}" for number in range(2500))
    content = as_csv([a_row(TC_Key=f"t{number}", commit=change) for number in range(5000)])
    packed = gzip.compress(content)
    assert len(content) > 100 * len(packed)
    assert world.land(packed, "a.csv.gz").accepted == 5000


def test_texts_that_memory_cannot_hold_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 3 << 30}))
    check_memory(1 << 30)
    with pytest.raises(DomainFtError, match=r"come to 2,147,483,648 bytes, and only 3,221,225,472 bytes of memory"):
        check_memory(2 << 30)


def test_settings_of_two_gigabytes_are_not_read(tmp_path: Path) -> None:
    path = hollow(tmp_path / "defs.yaml", b"a: ", 2 << 30, b"\n")
    with pytest.raises(InputError, match=r"defs\.yaml: larger than 200,000 bytes"):
        read_yaml(path)
