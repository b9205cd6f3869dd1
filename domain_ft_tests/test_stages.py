"""What the stages add to the packages they call: which files are read and kept, and what happens without MLflow."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from filelock import FileLock, Timeout

from domain_ft import judge, stages
from domain_ft.domain import Domain, EmbeddingDomain
from domain_ft.domains import find_domain
from domain_ft.errors import DomainFtError, InputError
from domain_ft.history.sample.write import write_sample
from domain_ft.landing.files import landing_files
from domain_ft.progress import silent
from domain_ft.registry.record import record_training
from domain_ft.registry.store import open_registry
from domain_ft.status import status_of_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, publish_folder, write_json
from domain_ft.store.vectors import FloatArray
from domain_ft_tests.registry.conftest import model_manifest
from domain_ft_tests.tiny_model import make_tiny_model

VERSION = "aaaaaaaaaaaa"
TINY = {
    "training.base_model": "tiny",
    "training.precision": "fp32",
    "training.device": "cpu",
    "training.max_seq_length": 16,
    "training.max_steps": 2,
    "triplets.minimum": 1,
    "benchmark.resamples": 200,
}


@pytest.fixture
def domain() -> Domain:
    return find_domain("test_history")


def sample(path: Path, seed: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    return write_sample(path, builds=20, tests=20, seed=seed, signal=1.0).path


def test_a_file_that_was_read_is_found_in_the_landing_folder_at_once(
    domain: Domain, home: Home, tmp_path: Path
) -> None:
    stages.ingest(domain, home, [sample(tmp_path / "a.csv", 1)])
    assert [file.name for file in landing_files(home.landing(domain.name))] == ["a.csv"]
    assert stages.ingest(domain, home).reused


def test_a_file_that_has_just_landed_is_counted_and_the_wait_is_named(domain: Domain, home: Home) -> None:
    landing = home.landing(domain.name)
    landing.mkdir(parents=True)
    now = time.time() + 60  # however slow the test
    os.utime(sample(landing / "a.csv", 1), (now, now))
    growing = "1 file was touched less than 2 s ago, which may still grow; ingest again in 2 s"
    with pytest.raises(InputError, match=f"no finished file to read; {growing}"):
        stages.ingest(domain, home)
    os.utime(landing / "a.csv", (1_700_000_000, 1_700_000_000))
    os.utime(sample(landing / "b.csv", 2), (now, now))
    assert f"not read yet: {growing}" in stages.ingest(domain, home).notes


def test_another_content_of_the_same_name_is_kept_beside_it(domain: Domain, home: Home, tmp_path: Path) -> None:
    stages.ingest(domain, home, [sample(tmp_path / "one" / "a.csv", 1)])
    stages.ingest(domain, home, [sample(tmp_path / "two" / "a.csv", 2)])
    kept = landing_files(home.landing(domain.name))
    assert len(kept) == 2
    assert {file.read_bytes() for file in kept} == {
        (tmp_path / "one" / "a.csv").read_bytes(),
        (tmp_path / "two" / "a.csv").read_bytes(),
    }


def test_the_same_content_is_kept_once(domain: Domain, home: Home, tmp_path: Path) -> None:
    first = sample(tmp_path / "a.csv", 1)
    stages.ingest(domain, home, [first])
    stages.ingest(domain, home, [first.rename(tmp_path / "b.csv")])
    assert len(landing_files(home.landing(domain.name))) == 1


def test_a_file_that_cannot_be_read_is_not_kept(domain: Domain, home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(InputError, match="empty"):
        stages.ingest(domain, home, [tmp_path / "a.csv"])
    assert landing_files(home.landing(domain.name), settle_s=0) == []


def test_a_repository_outside_the_roots_is_refused(domain: Domain, home: Home, tmp_path: Path) -> None:
    source = domain.source.model_copy(update={"repository": "/somewhere/else"})
    elsewhere = EmbeddingDomain(domain.settings.model_copy(update={"source": source}), domain.file)
    with pytest.raises(InputError, match="outside the folders"):
        stages.ingest(elsewhere, home, [sample(tmp_path / "a.csv", 1)])


def test_a_benchmark_encodes_in_batches_of_its_size_on_the_domains_device(
    domain: Domain, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain_ft.embedding import models
    from domain_ft.training import lease

    asked: list[tuple[str, str, int]] = []

    def load(folder: Path, *, device: str, **unused: Any) -> Any:
        return SimpleNamespace(device=device, modules=list)

    def encode(model: Any, texts: Sequence[str], batch_size: int) -> FloatArray:
        asked.append((model.device, texts[0], batch_size))
        return np.ones((len(texts), 4), dtype=np.float32)

    monkeypatch.setattr(models, "load_model", load)
    monkeypatch.setattr(models, "encode_texts", encode)
    monkeypatch.setattr(models, "resolve_device", lambda device: f"resolved {device}")
    monkeypatch.setattr(lease, "resolve_device", lambda device: device)
    changed = domain.with_overrides({"benchmark.batch_size": 7, "training.device": "cuda:1"})
    remembering, _ = judge._encoders(changed, home, home.root / "model", "ab" * 32, 16, silent)
    remembering(["a text"])
    assert asked == [("resolved cuda:1", "a text", 7)]


def test_a_model_is_timed_without_its_cache_and_with_its_device_to_itself(
    domain: Domain, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain_ft.embedding import models

    asked: list[str] = []

    def encode(model: Any, texts: Sequence[str], batch_size: int) -> FloatArray:
        asked.extend(texts)
        return np.ones((len(texts), 4), dtype=np.float32)

    monkeypatch.setattr(models, "load_model", lambda folder, **unused: SimpleNamespace(modules=list))
    monkeypatch.setattr(models, "encode_texts", encode)
    on_cpu = domain.with_overrides({"training.device": "cpu"})
    remembering, uncached = judge._encoders(on_cpu, home, home.root / "model", "ab" * 32, 16, silent)
    remembering(["a text"])
    with uncached() as timed:
        timed.encode(["a text"])
        with pytest.raises(Timeout):
            FileLock(home.lock("device-cpu")).acquire(timeout=0)
    assert asked == ["a text", "a text"]
    assert timed.device.startswith("cpu, ")


def test_a_benchmark_is_judged_by_the_domains_own_rules(
    domain: Domain, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    model, dataset = home.models(domain.name) / "m", home.triplets(domain.name) / "d"
    for folder, content in ((model, {"dataset": "d"}), (dataset, {"raw": "r"}), (home.raw(domain.name) / "r", {})):
        folder.mkdir(parents=True)
        write_json(folder / "manifest.json", {**content, "files": {}})

    def run_benchmark(**given: Any) -> Any:
        asked.update(given)
        raise DomainFtError("enough seen")

    monkeypatch.setattr(judge, "model_arms", lambda *unused, **_: [])
    monkeypatch.setattr("domain_ft.evaluation.benchmark.run_benchmark", run_benchmark)
    rules = {"promotion.minimum_effect": 0.03, "promotion.margin": 0.07, "benchmark.confidence": 0.9}
    with pytest.raises(DomainFtError, match="enough seen"):
        stages.benchmark(domain.with_overrides(rules), home, model)
    assert (asked["minimum_effect"], asked["margin"], asked["settings"].confidence) == (0.03, 0.07, 0.9)


def test_a_model_may_be_named_by_the_alias_challenger(domain: Domain, home: Home, tmp_path: Path) -> None:
    folder = publish_folder(home.models(domain.name) / VERSION, lambda _: model_manifest(VERSION, domain.name, "d"))
    record_training(home, domain.name, folder)
    with open_registry(home, domain.name) as registry:
        registry.client.set_registered_model_alias(registry.name, "challenger", "1")
    assert stages.named_model(domain, home, "challenger") == folder
    assert stages.named_model(domain, home, VERSION) == folder


@pytest.mark.parametrize("name", ["bbbbbbbbbbbb", "../test_history", "challenger"])
def test_a_model_that_is_not_there_is_refused(domain: Domain, home: Home, name: str) -> None:
    home.models(domain.name).mkdir(parents=True)
    with pytest.raises(InputError, match=r"no challenger|no model of test_history is published"):
        stages.named_model(domain, home, name)


@pytest.mark.slow
def test_what_was_done_before_is_found_without_torch_mlflow_or_scipys_statistics(
    domain: Domain, home: Home, tmp_path: Path
) -> None:
    make_tiny_model(home.root / "tiny")
    history = write_sample(tmp_path / "s.csv", builds=100, tests=40, seed=1, signal=1.0).path
    tiny = domain.with_overrides(TINY)
    stages.ingest(tiny, home, [history])
    stages.build_dataset(tiny, home)
    done = stages.train(tiny, home), stages.benchmark(tiny, home)
    script = (
        "import sys\nfrom domain_ft import stages\nfrom domain_ft.domains import find_domain\n"
        "from domain_ft.store.home import Home\n"
        f"domain, home = find_domain('test_history').with_overrides({TINY}), Home.from_environment()\n"
        "dataset = stages.build_dataset(domain, home)\n"
        "print(dataset.reused, *(r.mlflow_url for r in (stages.train(domain, home), stages.benchmark(domain, home))))\n"
        "print(sorted({'torch', 'transformers', 'mlflow', 'scipy.stats', 'datasketch'} & set(sys.modules)))"
    )
    again = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert again.stdout.splitlines() == [" ".join(("True", *(str(result.mlflow_url) for result in done))), "[]"]


@pytest.mark.slow
def test_without_mlflow_all_is_published_and_owed_until_it_is_back(domain: Domain, home: Home, tmp_path: Path) -> None:
    make_tiny_model(home.root / "tiny")
    history = write_sample(tmp_path / "s.csv", builds=100, tests=40, seed=1, signal=1.0).path
    tiny = domain.with_overrides(TINY)
    stages.ingest(tiny, home, [history])
    stages.build_dataset(tiny, home)
    (home.state / "mlflow.db").mkdir(parents=True)

    trained = stages.train(tiny, home)
    judged = stages.benchmark(tiny, home)
    assert is_published(trained.path)
    assert trained.mlflow_url is None
    assert trained.notes[0].startswith(f"MLflow is owed the entry of training {trained.version}")
    assert judged.notes[0].startswith(f"MLflow is owed the entry of benchmark {judged.digest}")
    with pytest.raises(DomainFtError, match=f"stays published at {trained.path}, its promotion is owed"):
        stages.promote(tiny, home)
    status = status_of_domain(domain, home)
    assert [debt["kind"] for debt in status["owed"]] == ["training", "benchmark", "promotion"]

    (home.state / "mlflow.db").rmdir()
    table = stages.compare(tiny, home)
    assert [(row.version, row.benchmark) for row in table.versions] == [(trained.version, judged.digest)]
    assert table.versions[0].aliases
    assert len(table.notes) == 3
    assert status_of_domain(domain, home)["owed"] == []
