"""The same registry on a real MLflow server, named by `MLFLOW_TRACKING_URI`."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain_ft.registry.promote import promote
from domain_ft.registry.rollback import rollback
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home

FIRST, SECOND = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


@pytest.fixture
def server(tmp_path: Path, empty_store: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that keeps its own artifacts; the environment points at it."""
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "mlflow.db").write_bytes(empty_store.read_bytes())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    line += ["--artifacts-destination", str(folder / "artifacts"), "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*line, "--workers", "1"], cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    try:
        _wait_until_healthy(address, process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait_until_healthy(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(240):
        assert process.poll() is None
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(address)


@pytest.mark.slow
def test_promotion_and_rollback_on_a_server(
    server: str, home: Home, publish_model: Callable[..., Path], publish_benchmark: Callable[..., Path]
) -> None:
    publish_model(FIRST)
    publish_model(SECOND)
    promote(home, "test_history", publish_benchmark(FIRST), PromotionSettings())
    result = promote(home, "test_history", publish_benchmark(SECOND, champion=FIRST), PromotionSettings())
    assert (result.champion, result.previous) == (SECOND, FIRST)
    assert result.url is not None
    assert result.url.startswith(f"{server}/#/experiments/")
    with open_registry(home, "test_history") as registry:
        version = registry.client.get_model_version_by_alias(registry.name, "champion")
        artifacts = {entry.path for entry in registry.client.list_artifacts(version.run_id)}
        assert artifacts == {"README.md", "benchmark.json", "report.html"}
    assert not (home.state / "mlflow.db").exists()
    assert rollback(home, "test_history").champion == FIRST
