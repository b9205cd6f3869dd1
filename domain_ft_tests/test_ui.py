"""`make ui`: a port that is taken is one sentence, and the two servers live and end together."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain_ft import ui
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.home import Home

Ports = tuple[int, int]
Pretend = Callable[..., None]
CHANGED = (
    "DAGSTER_HOME",
    "DAGSTER_DISABLE_TELEMETRY",
    "MLFLOW_DISABLE_TELEMETRY",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION",
)
"""What `serve` sets in the environment, beside the addresses of the two servers."""
AS_FROM_A_TERMINAL = ("env", "--default-signal=INT,TERM")
"""A background job may ignore these signals, and so would all that it starts."""


@pytest.fixture
def ports() -> Ports:
    """Two ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(contextlib.closing(socket.socket())) for _ in range(2)]
        for probe in probes:
            probe.bind((ui.LOOPBACK, 0))
        one, other = (probe.getsockname()[1] for probe in probes)
    return one, other


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with contextlib.closing(socket.create_server((ui.LOOPBACK, 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
def pretend(home: Home, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Stand-ins for the servers: shell lines, started in the state root (None: no such server may be started)."""

    def as_servers(dagster: str, mlflow: str | None) -> None:
        def mlflow_command(home: Home, port: int) -> list[str]:
            assert mlflow is not None, "MLflow's server was started"
            return [*AS_FROM_A_TERMINAL, "sh", "-c", mlflow]

        monkeypatch.setattr(ui, "_dagster_command", lambda port: [*AS_FROM_A_TERMINAL, "sh", "-c", dagster])
        monkeypatch.setattr(ui, "_mlflow_command", mlflow_command)
        monkeypatch.setattr(ui, "prepare_store", lambda home: None)
        monkeypatch.setattr(ui, "pages_of_runs", lambda home: {"shop": "http://127.0.0.1/#/experiments/1/runs"})

    monkeypatch.setattr(ui, "CHECKOUT", home.root)
    for name in (*CHANGED, ui.DAGSTER_UI_VARIABLE, ui.UI_VARIABLE):
        monkeypatch.setenv(name, "")  # so that the environment is as before when the test has ended
        monkeypatch.delenv(name)
    return as_servers


def run_ui(ports: Ports, **options: Any) -> "subprocess.Popen[str]":
    """Start `make ui` as a process."""
    arguments = ["--port", str(ports[0]), "--mlflow-port", str(ports[1])]
    command = [*AS_FROM_A_TERMINAL, sys.executable, "-m", "domain_ft.ui", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def until(written: Path) -> str:
    """The shell's words for waiting until a file has content."""
    return f"until test -s {written}; do sleep 0.05; done"


def is_alive(process: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def listens(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex((ui.LOOPBACK, port)) == 0


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.2)
    return true()


def test_the_ports_must_be_free_or_nothing_starts(pretend: Pretend, ports: Ports, taken: int, home: Home) -> None:
    pretend("touch started", "touch started")
    for chosen in ((taken, ports[1]), (ports[0], taken)):
        with pytest.raises(InputError):
            ui.serve(*chosen)
    assert not (home.root / "started").exists()


def test_a_taken_port_of_dagster_is_named_with_the_way_to_choose_another(ports: Ports, taken: int) -> None:
    with pytest.raises(InputError, match=rf"^port {taken} is taken; .* make ui PORT={taken + 1}$"):
        ui.serve(taken, ports[1])


def test_a_taken_port_of_mlflow_is_named_with_the_way_to_choose_another(ports: Ports, taken: int) -> None:
    with pytest.raises(InputError, match=rf"^port {taken} is taken; .* make ui MLFLOW_PORT={taken + 1}$"):
        ui.serve(ports[0], taken)


def test_a_port_taken_on_every_address_is_taken_on_loopback_too(ports: Ports) -> None:
    with (
        contextlib.closing(socket.create_server(("0.0.0.0", 0))) as server,
        pytest.raises(InputError, match="is taken"),
    ):
        ui.serve(server.getsockname()[1], ports[1])


def test_one_port_for_both_servers_is_refused(ports: Ports) -> None:
    with pytest.raises(InputError, match=f"both {ports[0]}; choose another: make ui MLFLOW_PORT="):
        ui.serve(ports[0], ports[0])


@pytest.mark.parametrize("port", [-1, 0, 80, 65536])
def test_a_number_that_no_server_can_take_is_refused(ports: Ports, port: int) -> None:
    with pytest.raises(InputError, match=f"PORT={port} is no port to serve on; choose one from 1024 to 65535"):
        ui.serve(port, ports[1])


def test_as_a_process_a_taken_port_is_one_line_and_exit_code_2(home: Home, ports: Ports, taken: int) -> None:
    process = run_ui((ports[0], taken))
    stdout, stderr = process.communicate(timeout=100)
    assert process.returncode == 2
    assert stdout == ""
    assert stderr.startswith(f"make ui: port {taken} is taken")
    assert len(stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("dagster", "mlflow", "sentence"),
    [
        ("exit 3", "echo $$ > other; exec sleep 300", r"Dagster ended by itself \(exit code 3\)"),
        ("echo $$ > other; exec sleep 300", "exit 4", r"MLflow ended by itself \(exit code 4\)"),
    ],
)
def test_when_one_server_ends_the_other_is_ended_and_the_first_named(
    pretend: Pretend, ports: Ports, home: Home, dagster: str, mlflow: str, sentence: str
) -> None:
    other = home.root / "other"
    pretend(*(f"{until(other)}; {line}" if "exit" in line else line for line in (dagster, mlflow)))
    with pytest.raises(DomainFtError, match=sentence) as error:
        ui.serve(*ports)
    assert error.value.exit_code == 1
    assert not is_alive(int(other.read_text()))


def test_a_server_that_does_not_heed_the_request_to_end_is_killed(
    pretend: Pretend, ports: Ports, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = home.root / "stubborn"
    monkeypatch.setattr(ui, "GRACE_SECONDS", 0.2)
    pretend(f"trap '' TERM; echo $$ > {stubborn}; while :; do sleep 0.1; done", f"{until(stubborn)}; exit 0")
    with pytest.raises(DomainFtError):
        ui.serve(*ports)
    assert not is_alive(int(stubborn.read_text()))


def test_the_servers_are_told_where_each_other_is_found(pretend: Pretend, ports: Ports, home: Home) -> None:
    pretend("env > seen", "sleep 300")
    with pytest.raises(DomainFtError):
        ui.serve(*ports)
    seen = (home.root / "seen").read_text().splitlines()
    assert f"DOMAIN_FT_DAGSTER_UI=http://127.0.0.1:{ports[0]}" in seen
    assert f"DOMAIN_FT_MLFLOW_UI=http://127.0.0.1:{ports[1]}" in seen
    assert f"DAGSTER_HOME={home.state / 'dagster'}" in seen


def test_mlflow_is_told_to_send_nothing_about_its_use(pretend: Pretend, ports: Ports, home: Home) -> None:
    seen = home.root / "seen"
    pretend(f"{until(seen)}; exit 0", f"env > {seen}; sleep 300")
    with pytest.raises(DomainFtError):
        ui.serve(*ports)
    assert "MLFLOW_DISABLE_TELEMETRY=true" in seen.read_text().splitlines()


def test_the_page_with_the_runs_of_each_domain_is_named(
    pretend: Pretend, ports: Ports, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend("exit 0", "sleep 300")
    with pytest.raises(DomainFtError):
        ui.serve(*ports)
    assert "http://127.0.0.1/#/experiments/1/runs   (runs of shop)" in capsys.readouterr().out


def test_a_tracking_server_elsewhere_is_named_and_none_is_started_here(
    pretend: Pretend,
    ports: Ports,
    taken: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000")
    pretend("exit 0", None)
    with pytest.raises(DomainFtError, match="Dagster ended"):
        ui.serve(ports[0], taken)  # a port that is not used may be taken
    assert "MLflow    http://mlflow.example:5000" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_both_servers_answer_on_loopback_and_are_gone_when_the_person_ends_them(
    home: Home, ports: Ports, asked: signal.Signals
) -> None:
    process = run_ui(ports)
    try:
        assert wait_until(lambda: all(map(listens, ports)), 180)
        with urllib.request.urlopen(f"http://{ui.LOOPBACK}:{ports[0]}/server_info", timeout=60) as answer:
            assert "dagster_version" in json.loads(answer.read())
        with urllib.request.urlopen(f"http://{ui.LOOPBACK}:{ports[1]}/health", timeout=60) as answer:
            assert answer.read() == b"OK"
    finally:
        process.send_signal(asked)
        process.communicate(timeout=100)
    assert process.returncode == 0
    assert wait_until(lambda: not any(map(listens, ports)), 10)
