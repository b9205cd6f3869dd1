"""What the stages add to the packages they call: which files are read, and what is kept of them."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from domain_ft import stages
from domain_ft.domain import Domain, find_domain
from domain_ft.errors import InputError
from domain_ft.history.sample.write import write_sample
from domain_ft.landing.files import landing_files
from domain_ft.store.home import Home
from domain_ft.store.publish import write_json
from domain_ft.store.vectors import FloatArray


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
    elsewhere = Domain(domain.settings.model_copy(update={"source": source}), domain.file)
    with pytest.raises(InputError, match="outside the folders"):
        stages.ingest(elsewhere, home, [sample(tmp_path / "a.csv", 1)])


def test_a_benchmark_encodes_in_batches_of_its_size_on_the_domains_device(
    domain: Domain, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain_ft.embedding import models

    asked: list[tuple[str, str, int]] = []

    def load(folder: Path, *, device: str, **unused: Any) -> Any:
        return SimpleNamespace(device=device)

    def encode(model: Any, texts: Sequence[str], batch_size: int) -> FloatArray:
        asked.append((model.device, texts[0], batch_size))
        return np.ones((len(texts), 4), dtype=np.float32)

    monkeypatch.setattr(models, "load_model", load)
    monkeypatch.setattr(models, "encode_texts", encode)
    monkeypatch.setattr(models, "resolve_device", lambda device: f"resolved {device}")
    changed = domain.with_overrides({"benchmark.batch_size": 7, "training.device": "cuda:1"})
    stages._encoder(changed, home, home.root / "model", "ab" * 32, 16)(["a text"])
    assert asked == [("resolved cuda:1", "a text", 7)]


def test_a_benchmark_is_judged_by_the_domains_own_rules(
    domain: Domain, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    model, dataset = home.models(domain.name) / "m", home.triplets(domain.name) / "d"
    for folder, content in ((model, {"dataset": "d"}), (dataset, {"raw": "r"})):
        folder.mkdir(parents=True)
        write_json(folder / "manifest.json", content)
    monkeypatch.setattr(stages, "_arms", lambda *unused: [])
    monkeypatch.setattr(
        "domain_ft.evaluation.benchmark.run_benchmark",
        lambda **given: asked.update(given) or SimpleNamespace(path=model),
    )
    monkeypatch.setattr("domain_ft.registry.record.record_benchmark", lambda *unused, **also_unused: None)
    rules = {"promotion.minimum_effect": 0.03, "promotion.margin": 0.07, "benchmark.confidence": 0.9}
    stages.benchmark(domain.with_overrides(rules), home, model)
    assert (asked["minimum_effect"], asked["margin"], asked["settings"].confidence) == (0.03, 0.07, 0.9)
