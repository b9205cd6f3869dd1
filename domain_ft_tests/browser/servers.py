"""The two servers of `make ui` over a state root, on free ports, for as long as somebody looks."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain_ft.store.home import CHECKOUT, HOME_VARIABLE
from domain_ft.ui import LOOPBACK

STARTS_WITHIN_S = 180
OTHERS = ("DAGSTER_HOME", "MLFLOW_TRACKING_URI", "DOMAIN_FT_DAGSTER_UI", "DOMAIN_FT_MLFLOW_UI")
"""Variables that would lead a process to another world than the state root's."""


@dataclass(frozen=True)
class Servers:
    """Where the two are found."""

    dagster: str
    mlflow: str


@contextlib.contextmanager
def served(root: Path, log: Path) -> Iterator[Servers]:
    """Run `make ui` over a state root; what the servers say goes to `log`."""
    port, mlflow_port = free_ports(2)
    command = ["env", "--default-signal=INT,TERM", sys.executable, "-m", "domain_ft.ui"]
    with log.open("wb") as words:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--mlflow-port", str(mlflow_port)],
            cwd=CHECKOUT, env=world_environment(root), stdout=words, stderr=words,
        )  # fmt: skip
        servers = Servers(f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{mlflow_port}")
        try:
            for address in (f"{servers.mlflow}/health", f"{servers.dagster}/server_info"):
                _wait_for(address, process, log)
            yield servers
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(100)


def world_environment(root: Path) -> dict[str, str]:
    """The environment of a process that works on a state root and on no other."""
    environment = {name: value for name, value in os.environ.items() if name not in OTHERS}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return environment | {HOME_VARIABLE: str(root), "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(contextlib.closing(socket.socket())) for _ in range(number)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=10):
            return
        time.sleep(0.3)
    raise RuntimeError(f"{address} does not answer:\n{log.read_text(errors='replace')[-2000:]}")
