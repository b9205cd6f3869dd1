"""A model's answers are kept as they come: a stop loses none, and none is asked for twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.ollama import Ollama
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.llm.settings import OllamaSettings
from domain_ft.requirement_files.ask import AskedFile, Asking, ask_requirements
from domain_ft_tests.llm.server import OllamaServer, serving_here
from domain_ft_tests.requirements.records import sound

FIELDS = sound()["requirements"]


def answer(messages: Sequence[Mapping[str, str]], options: Mapping[str, Any], form: Any) -> str:
    """What the model says: requirements with the concept as their title; prose where it is asked about prose."""
    concept = messages[-1]["content"].split("\n\n")[1]
    if "prose" in concept:
        return "I would rather talk about it."
    return yaml.safe_dump({**FIELDS, "title": concept}, sort_keys=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    with serving_here(OllamaServer(models={"tiny:1b": answer}), monkeypatch) as said:
        yield said


def concepts(folder: Path, *names: str) -> Path:
    path = folder / "concepts.jsonl"
    path.write_text("".join(f"{json.dumps({'concept_id': name, 'concept': f'Concept {name}'})}\n" for name in names))
    return path


def ask(source: Path, **changes: Any) -> AskedFile:
    generator = Ollama(OllamaSettings(retries=0), pause=lambda seconds: None).generator("tiny:1b")
    return ask_requirements(source, source.with_name("out.jsonl"), Asking(generator, "ollama", **changes))


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def test_each_concept_has_its_requirements_and_where_they_come_from(server: OllamaServer, tmp_path: Path) -> None:
    done = ask(concepts(tmp_path, "a", "b"), options=GenerationOptions(seed=7))
    rows = read(done.path)
    titles = {row["concept_id"]: row["requirements"]["title"] for row in rows}
    assert titles == {"a": "Concept a", "b": "Concept b"}
    made = rows[0]["synthetic"]
    assert (made["by"], made["model"], made["options"]["seed"], made["done_reason"], made["mode"]) == (
        "ollama", "tiny:1b", 7, "stop", "raw",
    )  # fmt: skip
    assert (done.concepts, done.rows, done.failed, done.resumed) == (2, 2, 0, 0)


def test_lines_that_differ_in_anything_are_asked_about_each_and_equal_ones_once(
    server: OllamaServer, tmp_path: Path
) -> None:
    source = tmp_path / "concepts.jsonl"
    lines = [{"concept_id": "a", "concept": "A till", "note": note} for note in (1, 2, 1)]
    source.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert [row["note"] for row in read(ask(source).path)] == [1, 2, 1]
    assert len(server.bodies("/api/chat")) == 2


def test_the_form_of_the_answer_is_sent_along(server: OllamaServer, tmp_path: Path) -> None:
    ask(concepts(tmp_path, "a"))
    assert server.bodies("/api/chat")[0]["format"]["required"][:2] == ["title", "description"]


def test_an_answer_that_cannot_be_used_is_told_and_not_lost(server: OllamaServer, tmp_path: Path) -> None:
    done = ask(concepts(tmp_path, "a", "prose", "b"))
    (failed,) = read(done.failures)
    assert (failed["concept_id"], failed["answer"]) == ("prose", "I would rather talk about it.")
    assert (done.concepts, done.rows, done.failed) == (3, 2, 1)


def test_a_question_that_fails_is_told_and_the_others_are_asked(server: OllamaServer, tmp_path: Path) -> None:
    server.faults.failing = 1
    done = ask(concepts(tmp_path, "a", "b"))
    assert [row["concept_id"] for row in read(done.path)] == ["b"]
    assert "the server failed" in read(done.failures)[0]["failed"]


def test_without_a_server_what_was_answered_is_kept(
    server: OllamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = concepts(tmp_path, "a", "b")
    del server.models["tiny:1b"]
    with pytest.raises(DomainFtError, match="ollama pull tiny:1b; what was answered is kept"):
        ask(source)
    server.models["tiny:1b"] = answer
    assert ask(source).rows == 2


KILLED = """
import sys
from pathlib import Path
from domain_ft_tests.requirement_files.test_ask import ask
ask(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    "answers", [pytest.param(1, marks=pytest.mark.slow), 3, pytest.param(6, marks=pytest.mark.slow)]
)
def test_killed_at_any_line_no_answer_is_lost_and_none_asked_for_twice(
    server: OllamaServer, tmp_path: Path, answers: int
) -> None:
    source = concepts(tmp_path, *"abcdefgh")
    server.faults.slow_s = 0.02
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(source)], env=dict(os.environ))
    part = tmp_path / "out.jsonl.part"
    until = time.monotonic() + 60
    while not part.exists() or part.read_bytes().count(b"\n") < answers:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = part.read_bytes().count(b"\n")
    server.faults.slow_s = 0
    time.sleep(0.5)  # the question that was on its way when the process died is counted among its own
    asked = len(server.bodies("/api/chat"))
    done = ask(source)
    assert [row["concept_id"] for row in read(done.path)] == list("abcdefgh")
    assert done.resumed == kept
    assert len(server.bodies("/api/chat")) - asked == 8 - kept
    assert not part.exists()


def test_a_line_that_was_cut_off_is_asked_for_again(server: OllamaServer, tmp_path: Path) -> None:
    source = concepts(tmp_path, "a", "b")
    (tmp_path / "out.jsonl.part").write_bytes(b'{"asking": "')
    assert ask(source).rows == 2


def test_answers_of_another_model_are_not_mixed_in(server: OllamaServer, tmp_path: Path) -> None:
    source = concepts(tmp_path, "a")
    (tmp_path / "out.jsonl.part").write_bytes(b'{"asking": "other", "key": "k", "row": {}}\n')
    with pytest.raises(InputError, match=r"out\.jsonl\.part: holds the answers of another model"):
        ask(source)


def test_a_line_without_a_concept_is_refused_before_anything_is_asked(server: OllamaServer, tmp_path: Path) -> None:
    source = tmp_path / "c.jsonl"
    source.write_text('{"concept": "A"}\n{"id": "x"}\n')
    with pytest.raises(InputError, match=r"c\.jsonl:2: is no record with a concept"):
        ask(source)
    assert server.bodies("/api/chat") == []


def test_what_failed_before_is_asked_again(server: OllamaServer, tmp_path: Path) -> None:
    server.faults.failing = 1
    failures = ask(concepts(tmp_path, "a")).failures
    again = tmp_path / "again"
    again.mkdir()
    done = ask(failures.rename(again / "concepts.jsonl"))
    assert (done.rows, done.failed) == (1, 0)
    assert "failed" not in read(done.path)[0]


def test_nothing_but_its_files_is_left_beside_them(server: OllamaServer, tmp_path: Path) -> None:
    ask(concepts(tmp_path, "a"))
    assert {path.name for path in tmp_path.iterdir()} == {"concepts.jsonl", "out.jsonl", "out.failed.jsonl"}


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("p.failed.jsonl", "p.jsonl", "is the input itself"),
        ("c.jsonl", "q.jsonl.gz", "is written as plain text"),
        ("c.jsonl", "folder", "is there already, and no regular file"),
    ],
)
def test_where_nothing_could_be_written_nothing_is_asked(
    server: OllamaServer, tmp_path: Path, source: str, target: str, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    given = concepts(tmp_path, "a", "b").rename(tmp_path / source)
    generator = Ollama(OllamaSettings(retries=0)).generator("tiny:1b")
    with pytest.raises(InputError, match=said):
        ask_requirements(given, tmp_path / target, Asking(generator, "ollama"))
    assert server.bodies("/api/chat") == []
    assert {path.name for path in tmp_path.iterdir()} == {"folder", source}


def test_answers_to_lines_that_are_gone_by_now_are_not_counted_as_gone_on_from(
    server: OllamaServer, tmp_path: Path
) -> None:
    del server.models["tiny:1b"]
    source = concepts(tmp_path, "a", "b")
    server.models["tiny:1b"] = lambda *asked: server.models.pop("tiny:1b") and answer(*asked)
    with pytest.raises(DomainFtError):
        ask(source)
    server.models["tiny:1b"] = answer
    assert ask(concepts(tmp_path, "b")).resumed == 0


def test_ctrl_c_ends_in_a_sentence_and_the_same_command_goes_on(server: OllamaServer, tmp_path: Path) -> None:
    source = concepts(tmp_path, *"abcdef")
    server.faults.slow_s = 0.02
    line = [sys.executable, "-m", "domain_ft.cli", "generate", "requirements", str(source), "-o"]
    line += [str(tmp_path / "out.jsonl"), "--by", "ollama", "--model", "tiny:1b"]
    process = subprocess.Popen(line, env=dict(os.environ), stderr=subprocess.PIPE, text=True, start_new_session=True)
    part = tmp_path / "out.jsonl.part"
    until = time.monotonic() + 60
    while not part.exists() or not part.read_bytes():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (
        130,
        "domain-ft: interrupted; nothing is half written, and the same command goes on or begins anew",
    )
    server.faults.slow_s = 0
    kept = part.read_bytes().count(b"\n")
    done = subprocess.run([*line, "--json"], env=dict(os.environ), capture_output=True, text=True, check=True)
    assert (kept > 0, json.loads(done.stdout)["resumed"]) == (True, kept)
