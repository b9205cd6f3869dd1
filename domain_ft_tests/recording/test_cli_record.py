"""`domain-ft record` at a terminal and for scripts, and what the loop makes of the file."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from domain_ft import cli
from domain_ft.commands.record import show_recording
from domain_ft.recording.result import RecordingResult
from domain_ft.store.home import Home
from domain_ft_tests.recording.conftest import SMALL, Project


@pytest.fixture
def run(home: Home, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in this process; its exit code, what it printed, and what it said on stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call


def test_the_line_of_the_readme_records_into_the_landing_folder(run: Any, project: Project, home: Home) -> None:
    code, out, err = run("record", "--repo", project(SMALL), "--changes", 1, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert Path(report["path"]).parent == home.landing("test_history")
    assert {"path", "builds", "tests", "runs", "changes", "flaky", "seconds"} <= report.keys()
    tried = report["changes"].pop("tried")
    assert report["changes"].keys() == {"used", "not_compiled", "timed_out", "survived", "killed", "turned"}
    assert tried == sum(report["changes"][fate] for fate in ("not_compiled", "timed_out", "survived", "killed")) == 1


def test_a_person_is_told_what_came_of_it_and_what_comes_next(
    recorded: RecordingResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_recording({**recorded.as_json(), "domain": "test_history"})
    said = capsys.readouterr().out
    assert f"{recorded.path}: {recorded.builds} builds, 6 tests, {recorded.runs} runs" in said
    assert f"5 changes: tests noticed {recorded.fates['killed']} of them" in said
    assert f"next: domain-ft ingest test_history {recorded.path}" in said


def test_a_recorded_history_is_ingested_whole_and_turns_both_ways(
    run: Any, recorded: RecordingResult, home: Home
) -> None:
    from domain_ft.history.relevance import label_runs
    from domain_ft.history.tables import read_history

    code, out, err = run("ingest", "test_history", recorded.path, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert (report["read"], report["rejected"], report["duplicates"]) == (recorded.runs, 0, 0)
    labelled = label_runs(read_history(Path(report["path"])), "flip")
    turns = labelled["slice"].value_counts()
    assert dict(turns.iter_rows())["break"] == dict(turns.iter_rows())["fix"] == recorded.turned


def test_triplets_are_mined_from_a_recorded_history(run: Any, recorded: RecordingResult) -> None:
    run("ingest", "test_history", recorded.path, "--json")
    code, out, err = run("dataset", "test_history", "--set", "triplets.minimum=1", "--json")
    assert code == 0, err
    report = json.loads(out)
    assert report["counts"]["train"] > 0
    assert not any(report["leakage"].values())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--changes", "0"], "--changes: input should be greater than 0; got 0"),
        (["--changes", "2", "--timeout", "-1"], "--timeout: input should be greater than 0"),
        (["--changes", "2", "--out", "history.parquet"], "let its name end in .csv or .csv.gz"),
        (["--changes", "2"], "no-such-project: is not a folder"),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(run: Any, arguments: list[str], why: str) -> None:
    code, out, err = run("record", "--repo", "no-such-project", *arguments, "--json")
    assert code == 2
    assert why in json.loads(out)["error"]
    assert err.count("\n") == 1


def test_a_domain_of_another_kind_is_refused(run: Any, project: Project) -> None:
    code, _, err = run("record", "manuals", "--repo", project(SMALL), "--changes", 1)
    assert code == 2
    assert "manuals reads pairs, and what is recorded is a test execution history" in err


@pytest.mark.slow
def test_ctrl_c_ends_it_and_the_same_command_goes_on(project: Project, home: Home) -> None:
    command = [sys.executable, "-m", "domain_ft", "record", "--repo", str(project(SMALL)), "--changes", "3", "--json"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ), text=True)
    while not list(home.recordings.glob("*/*-change.json")):
        assert started.poll() is None
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate(timeout=60)
    assert (started.returncode, json.loads(out)["exit_code"]) == (130, 130)
    assert not list(home.recordings.glob(".work-*"))
    assert not list(home.root.rglob("*.csv*"))
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert json.loads(done.stdout)["changes"]["tried"] == 3
