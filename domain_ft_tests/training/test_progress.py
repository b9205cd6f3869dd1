"""Progress is told through a file, and a torn line spoils nothing."""

import json
from pathlib import Path

from domain_ft.training.progress import ProgressLog, ProgressReader, TrainingEvent


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "work" / "progress.jsonl"
    reader, log = ProgressReader(path), ProgressLog(path)
    event = TrainingEvent("log", 3, 9, {"loss": 0.5, "device": "cpu"}, "Grüße\nund so")
    log(event)
    assert reader.new_events() == [event]
    assert reader.new_events() == []


def test_only_what_is_new_since_the_reader_was_made_is_read(tmp_path: Path) -> None:
    log = ProgressLog(tmp_path / "p")
    log(TrainingEvent("log", 1))
    reader = ProgressReader(tmp_path / "p")
    log(TrainingEvent("log", 2))
    assert [event.step for event in reader.new_events()] == [2]


def test_a_line_without_its_end_is_not_yet_read(tmp_path: Path) -> None:
    path = tmp_path / "p"
    reader = ProgressReader(path)
    path.write_bytes(b'{"kind": "log", "step": 1')
    assert reader.new_events() == []
    path.write_bytes(b'{"kind": "log", "step": 1}\n')
    assert [event.step for event in reader.new_events()] == [1]


def test_a_line_that_a_kill_tore_is_closed_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(b'{"kind": "lo')
    reader = ProgressReader(path)
    ProgressLog(path)(TrainingEvent("log", 2))
    assert [event.step for event in reader.new_events()] == [2]


def test_a_loss_that_is_not_a_number_is_still_json(tmp_path: Path) -> None:
    path = tmp_path / "p"
    ProgressLog(path)(TrainingEvent("log", 1, values={"loss": float("nan")}))
    assert json.loads(path.read_text(), parse_constant=lambda word: 1 / 0)["values"] == {"loss": "nan"}
