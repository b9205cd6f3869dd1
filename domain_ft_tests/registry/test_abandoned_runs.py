"""Runs that a killed process left RUNNING are found and closed by whoever opens the domain's registry next."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.registry.compare import compare
from domain_ft.registry.record import record_training
from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home

DOMAIN, VERSION = "test_history", "aaaaaaaaaaaa"
KILLED_WHILE_RECORDING = """
import os, signal, sys
from pathlib import Path
from domain_ft.registry import record
from domain_ft.store.home import Home
record.register_version = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
home = Home(Path(sys.argv[1]))
record.record_training(home, "test_history", home.models("test_history") / sys.argv[2])
"""


def killed_while_recording(home: Home) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_RECORDING, str(home.root), VERSION], check=False)
    assert done.returncode == -signal.SIGKILL


def statuses(home: Home) -> list[str]:
    with open_registry(home, DOMAIN) as registry:
        return [run.info.status for run in registry.client.search_runs([registry.experiment_id])]


def test_run_of_a_killed_process_is_closed_as_killed(world: Home, publish_model: Callable[..., Path]) -> None:
    publish_model(VERSION)
    killed_while_recording(world)
    compare(world, DOMAIN)
    assert statuses(world) == ["KILLED"]


def test_the_next_attempt_resumes_the_closed_run(world: Home, publish_model: Callable[..., Path]) -> None:
    model = publish_model(VERSION)
    killed_while_recording(world)
    record_training(world, DOMAIN, model)
    assert statuses(world) == ["FINISHED"]


def test_a_run_that_is_not_ours_is_left_alone(world: Home) -> None:
    with open_registry(world, DOMAIN) as registry:
        registry.client.create_run(registry.experiment_id, run_name="a person's own")
    assert statuses(world) == ["RUNNING"]


@pytest.mark.parametrize(("host", "left"), [("ours", "KILLED"), ("another", "RUNNING")])
def test_in_a_shared_store_only_this_hosts_runs_are_closed(
    home: Home, tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, host: str, left: str
) -> None:
    """Other hosts, and other state roots, write under locks of their own: their runs may be going on."""
    (tmp_path / "shared.db").write_bytes(empty_store.read_bytes())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'shared.db'}")
    with open_registry(home, DOMAIN) as registry:
        writer = registry.writer if host == "ours" else {**registry.writer, "domain_ft.host": "another"}
        registry.client.create_run(registry.experiment_id, tags={"domain_ft.domain": DOMAIN, **writer})
    assert statuses(home) == [left]
