"""Published folders without weights, and a real MLflow store on SQLite: made once, copied for each test."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from domain_ft.registry.tracking import prepare_store
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder, write_json

DOMAIN = "test_history"


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a fresh, migrated MLflow store."""
    home = Home(tmp_path_factory.mktemp("template"))
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MLFLOW_TRACKING_URI", raising=False)
        prepare_store(home)
    return home.state / "mlflow.db"


@pytest.fixture
def world(home: Home, empty_store: Path) -> Home:
    """A state root with an MLflow store in which nothing stands yet."""
    home.state.mkdir()
    shutil.copy(empty_store, home.state / "mlflow.db")
    return home


@dataclass
class Server:
    """An MLflow server that keeps its own artifacts, not started yet."""

    folder: Path
    address: str
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self) -> None:
        """Start it and wait until it answers."""
        port = self.address.rpartition(":")[2]
        line = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db"]
        line += ["--artifacts-destination", str(self.folder / "artifacts"), "--host", "127.0.0.1", "--port", port]
        with (self.folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [*line, "--workers", "1"], cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        for _ in range(240):
            assert process.poll() is None
            try:
                with urllib.request.urlopen(f"{self.address}/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.5)
        raise TimeoutError(self.address)


@pytest.fixture
def server(tmp_path: Path, empty_store: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on a free port, still down; the environment points at it."""
    folder = tmp_path / "server"
    folder.mkdir()
    shutil.copy(empty_store, folder / "mlflow.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = Server(folder, f"http://127.0.0.1:{free.getsockname()[1]}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.address)
    yield made
    for process in made.processes:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.fixture
def publish_model(home: Home) -> Callable[..., Path]:
    """Publishes a model folder of the given version, as the training does, but with a few bytes for weights."""

    def publish(version: str, *, domain: str = DOMAIN, dataset: str = "d" * 12, **changed: Any) -> Path:
        def write(folder: Path) -> dict[str, Any]:
            (folder / "model.safetensors").write_bytes(version.encode() * 10)
            (folder / "README.md").write_text(f"# {version}\n")
            (folder / "training_log.jsonl").write_text(
                '{"step": 0, "validation_map": 0.5}\n'
                '{"step": 10, "epoch": 0.5, "loss": 1.5, "learning_rate": 3e-05}\n'
                '{"step": 20, "epoch": 1.0, "loss": 0.75, "learning_rate": 0.0}\n'
                '{"step": 20, "validation_map": 0.625}\n'
            )
            return model_manifest(version, domain, dataset) | changed

        return publish_folder(home.models(domain) / version, write)

    return publish


@pytest.fixture
def publish_benchmark(home: Home) -> Callable[..., Path]:
    """Publishes a benchmark of a candidate against base and, if named, a champion."""

    def publish(candidate: str, **changed: Any) -> Path:
        document = benchmark_document(candidate, **changed)

        def write(folder: Path) -> dict[str, Any]:
            write_json(folder / "benchmark.json", document)
            (folder / "report.html").write_text("<p>report</p>")
            return {"kind": "benchmark"} | {key: document[key] for key in ("digest", "models", "split")}

        return publish_folder(home.benchmarks(DOMAIN) / document["digest"], write)

    return publish


def model_manifest(version: str, domain: str, dataset: str) -> dict[str, Any]:
    """The entries of a model's manifest that the registry reads."""
    return {
        "kind": "embedding_model",
        "domain": domain,
        "version": version,
        "base_model": "starter",
        "base_sha256": "5" * 64,
        "dataset_digest": dataset,
        "dataset": dataset,
        "settings": {"base_model": "starter", "epochs": 2.0, "learning_rate": 5e-05, "device": "auto", "seed": 42},
        "precision": "fp32",
        "device": "cpu",
        "seed": 42,
        "trainable_parameters": 100,
        "total_parameters": 200,
        "train_examples": 640,
        "steps": 20,
        "duration_s": 3.5,
        "examples_per_second": 182.9,
        "validation": {"map": 0.625, "mrr_at_10": 0.7},
        "base_validation": {"map": 0.5, "mrr_at_10": 0.6},
    }


def benchmark_document(
    candidate: str,
    *,
    champion: str | None = None,
    verdict: str = "WIN",
    gain: tuple[float, float | None, float | None] = (0.05, 0.02, 0.08),
    guards: dict[str, float | None] | None = None,
    score: float = 0.6,
    comparison: str = "c" * 12,
    split: str = "test",
) -> dict[str, Any]:
    """A benchmark.json with the entries that the registry reads."""
    reference = "champion" if champion else "base"
    names = {"base": "starter", "champion": champion, "candidate": candidate}
    guards = {"mrr_at_10": 0.01, "apfd": -0.01} if guards is None else guards
    mean, low, high = gain
    row = {"candidate": "candidate", "metric": "map", "mean": mean, "low": low, "high": high, "n": 120}
    return {
        "kind": "benchmark",
        "digest": f"b-{candidate}-{champion}-{verdict}-{score}-{comparison[:2]}-{split}",
        "comparison_digest": comparison,
        "primary_metric": "map",
        "reference": reference,
        "verdict": verdict,
        "n": 120,
        "split": split,
        "arms": {
            "bm25": {"map": {"mean": 0.48, "low": 0.45, "high": 0.51, "n": 120}},
            "candidate": {"map": {"mean": score, "low": score - 0.03, "high": score + 0.03, "n": 120}},
        },
        "differences": [
            {**row, "reference": reference, "slice": "breaks", "mean": 0.9},
            {**row, "reference": reference, "slice": "all"},
        ],
        "guards": {
            name: {"difference": 0.0, "low": low, "margin": 0.02, "passed": True} for name, low in guards.items()
        },
        "collapse": {"collapsed": False},
        "models": {name: {"version": version, "digest": "e" * 64} for name, version in names.items() if version},
        "dataset": {"digest": "d" * 12},
    }
