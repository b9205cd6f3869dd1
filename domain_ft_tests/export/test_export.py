"""Exporting a model: what is measured, what is published, how it is used, and what is said where it cannot be done."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from domain_ft import stages
from domain_ft.bases.train import TrainedBase, train_base
from domain_ft.cli import app
from domain_ft.commands.summary import show_summary
from domain_ft.domain import Domain
from domain_ft.embedding.models import model_encoder
from domain_ft.errors import DomainFtError, InputError
from domain_ft.export import formats
from domain_ft.export.export_model import ExportResult, calibration_texts, export_model
from domain_ft.export.formats import Format
from domain_ft.export.measure import measure_export
from domain_ft.progress import silent
from domain_ft.retention.clean import clean_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import UNFINISHED, read_manifest, verify_folder
from domain_ft.store.vectors import FloatArray
from domain_ft_tests.bases.conftest import domain, home
from domain_ft_tests.export.stand_in import export_by_stand_in
from domain_ft_tests.faults.campaign import CHECKOUT, SITE
from domain_ft_tests.faults.points import Point

__all__ = ["domain", "home"]
KILLED = [
    Point("export", "domain_ft.export.export_model", "calibration_texts"),
    Point("export", "domain_ft.store.publish", "_fsync_tree"),
]
LATER_S = 8 * 3600.0
"""Then nothing is too young to be cleaned away."""


@pytest.fixture(scope="module")
def trained(home: Home, domain: Domain) -> TrainedBase:
    return train_base(domain, home, domain.bases[0])


@pytest.fixture(scope="module", params=["onnx", "openvino"])
def exported(request: pytest.FixtureRequest, home: Home, domain: Domain, trained: TrainedBase) -> ExportResult:
    """The model in a format whose packages are installed."""
    format_: Format = request.param
    for name in formats.PACKAGES[format_]:
        pytest.importorskip(name, reason=f"the extra [export] is not installed: {name}")
    return export_model(domain, home, trained.training.path, format_)


def measured(domain: Domain, home: Home, model: Path, encode: Any, **changes: Any) -> dict[str, Any]:
    settings = domain.with_overrides({f"benchmark.{name}": value for name, value in changes.items()})
    return measure_export(settings, home, model, encode, silent)


def test_a_model_that_is_the_same_loses_nothing(home: Home, domain: Domain, trained: TrainedBase) -> None:
    model = trained.training.path
    found = measured(domain, home, model, model_encoder(model, device="cpu", max_seq_length=16))
    assert found["split"] == "validation"
    assert found["models"]["original"]["map"]["mean"] == pytest.approx(found["models"]["exported"]["map"]["mean"])
    assert {row["verdict"] for row in found["differences"]} == {"INCONCLUSIVE"}
    assert found["speed"] == {}


def test_a_model_that_was_spoiled_loses(home: Home, domain: Domain, trained: TrainedBase) -> None:
    def spoiled(texts: Sequence[str]) -> FloatArray:
        noise = np.random.default_rng(0).normal(size=(len(texts), 32)).astype(np.float32)
        return noise / np.linalg.norm(noise, axis=1, keepdims=True)

    original = measured(domain, home, trained.training.path, spoiled)
    (primary,) = [row for row in original["differences"] if row["metric"] == "map"]
    means = [original["models"][role]["map"]["mean"] for role in ("exported", "original")]
    assert primary["mean"] == pytest.approx(means[0] - means[1])
    assert means[0] != means[1]


def test_both_are_timed_unless_no_timing_is_asked_for(home: Home, domain: Domain, trained: TrainedBase) -> None:
    model = trained.training.path
    found = measured(domain, home, model, model_encoder(model, device="cpu", max_seq_length=16), latency_runs=3)
    assert {role: speed["runs"] for role, speed in found["speed"].items()} == {"original": 3, "exported": 3}


def test_a_static_quantization_is_calibrated_on_training_texts_alone(
    home: Home, domain: Domain, trained: TrainedBase
) -> None:
    import polars as pl

    manifest = read_manifest(trained.training.path)
    dataset = home.triplets(domain.name) / manifest["dataset"]
    triplets = pl.read_parquet(dataset / "triplets.parquet")
    train = triplets.filter(pl.col("split") == "train")
    assert set(calibration_texts(dataset, manifest)) <= {*train["anchor"], *train["positive"]}


def test_without_the_packages_one_sentence_says_how_to_install_them(
    home: Home, domain: Domain, trained: TrainedBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    with pytest.raises(
        DomainFtError, match=r'openvino needs onnx, .*nncf; install them: pip install -e "\.\[export\]"'
    ):
        export_model(domain, home, trained.training.path, "openvino")
    assert not home.exports(domain.name).exists() or not list(home.exports(domain.name).glob("*openvino*"))


def test_the_champion_is_exported_by_default_and_before_there_is_a_model_that_is_said(
    home: Home, domain: Domain, trained: TrainedBase
) -> None:
    with pytest.raises(InputError, match="no model yet; run domain-ft train my_history"):
        stages.champion_or_newest(domain, home)
    champion = home.models(domain.name) / "champion"
    champion.symlink_to(trained.training.version)
    assert stages.champion_or_newest(domain, home) == trained.training.path
    champion.unlink()


def test_an_unknown_format_is_refused() -> None:
    done = CliRunner().invoke(app, ["export", "test_history", "--format", "gguf"])
    assert done.exit_code == 2


@pytest.mark.slow
@pytest.mark.parametrize("point", KILLED, ids=str)
def test_a_killed_export_shows_nothing_and_the_same_again_finishes(
    point: Point, home: Home, domain: Domain, trained: TrainedBase, tmp_path: Path
) -> None:
    (armed := tmp_path / "armed").touch()
    fault = {**asdict(point), "armed": str(armed), "signal": "SIGKILL", "victims": ["self"]}
    environment = {"PYTHONPATH": os.pathsep.join([str(SITE), str(CHECKOUT)]), "DOMAIN_FT_FAULT": json.dumps(fault)}
    command = [sys.executable, "-m", "domain_ft_tests.export.stand_in", domain.file, trained.training.path]
    done = subprocess.run(command, cwd=CHECKOUT, env={**os.environ, **environment}, check=False)
    assert done.returncode == -signal.SIGKILL
    exports = home.exports(domain.name)
    left = {path.name for path in exports.iterdir()}
    assert left
    assert all(name.startswith(UNFINISHED) for name in left)
    finished = export_by_stand_in(domain, home, trained.training.path)
    verify_folder(finished.path)
    assert {path.name for path in exports.iterdir()} - left == {finished.path.name}
    cleaned = clean_domain(home, domain.name, 1, ["small", "large"], dry_run=True, now=time.time() + LATER_S)
    assert left <= {removal.path.name for removal in cleaned.removed}
    shutil.rmtree(exports)


def test_what_is_exported_is_smaller_verifies_and_is_found_again(
    home: Home, domain: Domain, trained: TrainedBase, exported: ExportResult
) -> None:
    verify_folder(exported.path)
    assert exported.manifest["version"] == trained.training.version
    assert exported.manifest["bytes"] > 0
    assert {"tokenizer.json", "README.md"} < set(exported.manifest["files"])
    again = export_model(domain, home, trained.training.path, exported.manifest["format"])
    assert (again.reused, again.path) == (True, exported.path)


def test_the_command_ends_with_the_loss_and_the_size(
    exported: ExportResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_summary("export", exported.as_json())
    said = " ".join(capsys.readouterr().out.split())
    assert f"{exported.manifest['format']} int8 on" in said
    assert exported.path.name in said


def test_it_encodes_nearly_as_the_original_does(trained: TrainedBase, exported: ExportResult) -> None:
    from domain_ft.export.encoder import open_export

    texts = ["the basket adds up", "a text", "the price of the order is wrong in the basket of the shop", "x"]
    ours = model_encoder(trained.training.path, device="cpu", max_seq_length=16)(texts)
    theirs = open_export(exported.path, exported.manifest["format"], batch_size=3)(texts)
    assert np.linalg.norm(theirs, axis=1) == pytest.approx(np.ones(4), abs=1e-3)
    cosines = ours @ theirs.T
    assert (cosines.argmax(axis=1) == np.arange(4)).all()


def test_its_card_s_code_runs_without_torch(exported: ExportResult, tmp_path: Path) -> None:
    card = (exported.path / "README.md").read_text()
    code = card.partition("```python\n")[2].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nassert 'torch' not in sys.modules\nprint(vectors.shape)"],
        cwd=exported.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "(1, 32)", done.stderr


def test_an_export_goes_with_its_model(home: Home, domain: Domain, exported: ExportResult) -> None:
    kept = clean_domain(home, domain.name, 1, ["small"], dry_run=True)
    assert exported.path not in {removal.path for removal in kept.removed}
