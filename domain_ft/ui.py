"""`make ui`: Dagster's UI and MLflow's beside it, both on loopback, both gone when one of them ends or Ctrl-C comes.

Two servers belong to one view of the project, so they share one life: a port that is taken ends both with a
sentence, and neither is left behind in the background.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from domain_ft.components.step import UI_VARIABLE as DAGSTER_UI_VARIABLE
from domain_ft.errors import DomainFtError, InputError
from domain_ft.instance import prepare_instance
from domain_ft.registry.address import TRACKING_VARIABLE, UI_VARIABLE, local_store_uri, ui_address
from domain_ft.registry.store import pages_of_runs
from domain_ft.registry.tracking import prepare_store
from domain_ft.safe_text import masked, one_line
from domain_ft.store.home import CHECKOUT, Home

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 20
PORTS = range(1024, 65536)


def serve(port: int, mlflow_port: int) -> None:
    """Run Dagster's server, and MLflow's unless there is one elsewhere, until one ends or the person interrupts."""
    mlflow_is_ours = not os.environ.get(TRACKING_VARIABLE)
    _require_free(port, "PORT")
    if mlflow_is_ours:
        if mlflow_port == port:
            raise InputError(f"PORT and MLFLOW_PORT are both {port}; choose another: make ui MLFLOW_PORT={port + 1}")
        _require_free(mlflow_port, "MLFLOW_PORT")
    home = Home.from_environment()
    prepare_instance(home)
    os.environ[DAGSTER_UI_VARIABLE] = f"http://{LOOPBACK}:{port}"
    commands, pages = {"Dagster": _dagster_command(port)}, dict[str, str]()
    if mlflow_is_ours:
        os.environ[UI_VARIABLE] = f"http://{LOOPBACK}:{mlflow_port}"
        os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        prepare_store(home)
        pages = pages_of_runs(home)
        commands["MLflow"] = _mlflow_command(home, mlflow_port)
    print(f"Dagster   http://{LOOPBACK}:{port}   (runs, assets, checks)")
    print(f"MLflow    {ui_address(home)}   (models, metrics)")
    for domain, page in pages.items():
        print(f"          {page}   (runs of {domain})")
    print("Ctrl-C ends both.", flush=True)
    processes = {name: subprocess.Popen(line, cwd=CHECKOUT, start_new_session=True) for name, line in commands.items()}
    try:
        _wait_for_first(processes)
    finally:
        _end(list(processes.values()))


def _dagster_command(port: int) -> list[str]:
    dg = str(Path(sys.executable).with_name("dg"))
    return [dg, "dev", "--workspace", str(CHECKOUT / "workspace.yaml"), "--host", LOOPBACK, "--port", str(port)]


def _mlflow_command(home: Home, port: int) -> list[str]:
    server = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", local_store_uri(home)]
    return [*server, "--host", LOOPBACK, "--port", str(port), "--workers", "1"]


def _require_free(port: int, variable: str) -> None:
    """Refuse a port that a server cannot take; `variable` is the one by which `make ui` is given it."""
    if port not in PORTS:
        raise InputError(f"{variable}={port} is no port to serve on; choose one from {PORTS[0]} to {PORTS[-1]}")
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise InputError(
                f"port {port} is taken; end what listens there, or choose another: make ui {variable}={port + 1}"
            ) from None


def _wait_for_first(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise DomainFtError(f"{name} ended by itself (exit code {process.returncode}); its words are above")
        time.sleep(0.5)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def main() -> None:
    """Read the two ports and serve."""
    parser = argparse.ArgumentParser(description="Dagster and MLflow, side by side, on loopback")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--mlflow-port", type=int, default=5000)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background job would have it ignored
    try:
        serve(arguments.port, arguments.mlflow_port)
    except KeyboardInterrupt:
        print()
    except DomainFtError as error:
        print(f"make ui: {one_line(masked(str(error)))}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
