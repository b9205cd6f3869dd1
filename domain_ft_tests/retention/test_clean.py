"""Cleaning a real state root: what goes, what stays, what a kill leaves, and what is never touched."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.registry.compare import compare
from domain_ft.registry.promote import promote
from domain_ft.registry.record import record_training
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.store import open_registry
from domain_ft.retention.clean import CleanResult, clean_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed

Publish = Callable[..., Path]
DOMAIN = "test_history"
FIRST, SECOND, THIRD = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
LATER = 3600.0


def clean(world: Home, keep: int = 1, *, later: float = LATER, **more: Any) -> CleanResult:
    return clean_domain(world, DOMAIN, keep, now=time.time() + later, **more)


def gone(result: CleanResult) -> list[tuple[str, str]]:
    return [(removal.kind, removal.path.name) for removal in result.removed]


@pytest.fixture
def three_models(world: Home, publish_model: Publish, publish_data: Callable[[str, str], None]) -> list[Path]:
    """Registered models, each with a dataset and raw tables of its own; the newest is current."""
    models = []
    for number, version in enumerate((FIRST, SECOND, THIRD)):
        publish_data(f"d{number}", f"r{number}")
        model = publish_model(version, dataset=f"d{number}", raw=f"r{number}", base_sha256="5" * 64)
        os.utime(model / "manifest.json", (1000 + number, 1000 + number))
        record_training(world, DOMAIN, model)
        models.append(model)
    for folder, newest in ((world.models(DOMAIN), THIRD), (world.triplets(DOMAIN), "d2"), (world.raw(DOMAIN), "r2")):
        point(folder / "current", newest)
    return models


def test_old_models_go_with_their_data_and_stay_in_the_registry(world: Home, three_models: list[Path]) -> None:
    result = clean(world, keep=2)
    assert gone(result) == [("model", FIRST), ("dataset", "d0"), ("raw", "r0")]
    assert [model.exists() for model in three_models] == [False, True, True]
    rows = {row.version: row.published for row in compare(world, DOMAIN).versions}
    assert rows == {FIRST: False, SECOND: True, THIRD: True}


def test_a_dry_run_names_the_same_and_removes_nothing(world: Home, three_models: list[Path]) -> None:
    before = sorted(world.root.rglob("*"))
    named = clean(world, dry_run=True)
    assert sorted(path for path in world.root.rglob("*") if path.suffix not in (".lock", ".db")) == [
        path for path in before if path.suffix not in (".lock", ".db")
    ]
    assert named.dry_run
    assert gone(named) == gone(clean(world))


def test_bytes_are_those_of_the_files_that_went(world: Home, three_models: list[Path]) -> None:
    expected = sum(path.stat().st_size for path in three_models[0].rglob("*") if path.is_file())
    (model,) = [removal for removal in clean(world, keep=2).removed if removal.kind == "model"]
    assert model.bytes == expected


def test_champion_stays_however_old(world: Home, three_models: list[Path], publish_benchmark: Publish) -> None:
    promote(world, DOMAIN, publish_benchmark(FIRST), PromotionSettings())
    assert ("model", SECOND) in gone(clean(world))
    assert pointed(world.models(DOMAIN) / "champion") == three_models[0]


def test_a_version_to_which_a_person_gave_an_alias_stays(world: Home, three_models: list[Path]) -> None:
    with open_registry(world, DOMAIN) as registry:
        registry.client.set_registered_model_alias(registry.name, "in-the-paper", "1")
    assert ("model", FIRST) not in gone(clean(world))


def test_a_champion_that_only_the_link_knows_stays(world: Home, three_models: list[Path]) -> None:
    point(world.models(DOMAIN) / "champion", FIRST)
    assert ("model", FIRST) not in gone(clean(world))


def test_without_mlflow_models_stay_and_the_result_says_why(world: Home, three_models: list[Path]) -> None:
    (world.state / "mlflow.db").unlink()
    (world.state / "mlflow.db").mkdir()
    result = clean(world)
    assert gone(result) == []
    assert result.notes[0].startswith("models and benchmarks of test_history stay: ")


def test_caches_go_with_their_model_and_the_base_s_stays(world: Home, three_models: list[Path]) -> None:
    from domain_ft.model_folders.digest import model_digest

    caches = world.cache / "embeddings"
    names = [*(f"{model_digest(model)[:12]}-64" for model in three_models), "555555555555-64", "ffffffffffff-32"]
    for name in names:
        (caches / name).mkdir(parents=True)
    (world.cache / "precision").mkdir()
    clean(world, keep=2)
    assert sorted(path.name for path in caches.iterdir()) == sorted(names[1:4])
    assert (world.cache / "precision").is_dir()


def test_the_output_of_frozen_layers_goes_unless_an_unfinished_training_names_it(
    world: Home, three_models: list[Path]
) -> None:
    prefixes, work = world.frozen_prefixes(DOMAIN), world.work(DOMAIN, "dddddddddddd")
    work.mkdir(parents=True)
    (work / "prefix.json").write_text(json.dumps({"cache": "needed"}))
    for name in ("needed", "unused", ".unfinished-killed"):
        (prefixes / name).mkdir(parents=True)
    (world.frozen_prefixes("another") / "unused").mkdir(parents=True)
    clean(world, keep=3, later=2 * 86400)
    assert [path.name for path in prefixes.iterdir()] == ["needed"]
    assert (world.frozen_prefixes("another") / "unused").is_dir()


def test_mined_negatives_go_and_those_of_another_domain_stay(world: Home, three_models: list[Path]) -> None:
    for name in ("unused", ".unfinished-killed"):
        (world.hard_negatives(DOMAIN) / name).mkdir(parents=True)
    (world.hard_negatives("another") / "unused").mkdir(parents=True)
    clean(world, keep=3, later=2 * 86400)
    assert list(world.hard_negatives(DOMAIN).iterdir()) == []
    assert (world.hard_negatives("another") / "unused").is_dir()


def test_caches_of_another_domain_s_models_stay(world: Home, publish_model: Publish) -> None:
    from domain_ft.model_folders.digest import model_digest

    other = publish_model(FIRST, domain="other")
    cache = world.cache / "embeddings" / f"{model_digest(other)[:12]}-64"
    cache.mkdir(parents=True)
    clean(world)
    assert cache.is_dir()


def test_the_folder_of_a_training_that_runs_stays(world: Home) -> None:
    work = world.work(DOMAIN, FIRST)
    work.mkdir(parents=True)
    with FileLock(work / "lock"):
        assert gone(clean(world, later=15 * 86400)) == []
    assert gone(clean(world, later=15 * 86400)) == [("work", FIRST)]
    assert not work.exists()


def test_what_an_unfinished_run_of_dagster_has_published_stays(
    world: Home, three_models: list[Path], publish_data: Callable[[str, str], None]
) -> None:
    publish_data("d9", "r9")
    notes = world.runs / "1234"
    notes.mkdir(parents=True)
    note = {"path": str(world.triplets(DOMAIN) / "d9"), "result": {}}
    (notes / f"{DOMAIN}-triplets.json").write_text(json.dumps(note))
    assert ("dataset", "d9") not in gone(clean(world))
    (notes / f"{DOMAIN}-champion.json").write_text("{}")
    assert {("dataset", "d9"), ("raw", "r9")} <= set(gone(clean(world)))


def test_landing_quarantine_and_the_stores_are_never_touched(world: Home, three_models: list[Path]) -> None:
    kept = [world.landing(DOMAIN), world.quarantine(DOMAIN) / ".unfinished-x", world.state / "dagster" / "storage"]
    kept.append(world.state / "mlflow-artifacts" / DOMAIN)
    for folder in kept:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_text("kept")
        os.utime(folder, (0, 0))
    clean(world, later=10 * 365 * 86400)
    assert all((folder / "file").is_file() for folder in kept)


def test_a_folder_that_is_no_publication_of_ours_is_left_alone(world: Home) -> None:
    (world.models(DOMAIN) / "somebody-s").mkdir(parents=True)
    assert gone(clean(world, later=10 * 365 * 86400)) == []


def test_models_behind_a_link_are_not_followed_out_of_the_state_root(
    world: Home, three_models: list[Path], tmp_path: Path
) -> None:
    """Nor does the data go that they were made from."""
    shutil.move(world.models(DOMAIN), tmp_path / "big-disk")
    world.models(DOMAIN).symlink_to(tmp_path / "big-disk")
    assert gone(clean(world)) == []
    assert (tmp_path / "big-disk" / FIRST / "manifest.json").is_file()


def test_a_kill_in_the_middle_leaves_nothing_half_visible(world: Home, three_models: list[Path]) -> None:
    script = (
        "import os, shutil, signal, sys; from pathlib import Path; from domain_ft.retention.clean import clean_domain;"
        "from domain_ft.store.home import Home; shutil.rmtree = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL);"
        f"clean_domain(Home(Path(sys.argv[1])), '{DOMAIN}', 2)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(world.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not three_models[0].exists()
    (left,) = world.models(DOMAIN).glob(".removed-*")
    assert ("unfinished", left.name) in gone(clean(world, keep=2))
    assert not left.exists()


def test_what_cannot_be_removed_is_named_and_holds_nothing_up(
    world: Home, three_models: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == FIRST:
            raise PermissionError(13, "Permission denied")
        return whole(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    result = clean(world, keep=2)
    assert gone(result) == [("dataset", "d0"), ("raw", "r0")]
    assert result.notes == (f"{three_models[0]} stays: Permission denied",)


def test_promote_cleans_once_it_has_decided(world: Home, three_models: list[Path], publish_benchmark: Publish) -> None:
    domain = find_domain(DOMAIN).with_overrides({"promotion.keep_versions": 1})
    result = stages.promote(domain, world, publish_benchmark(THIRD))
    assert result.champion == THIRD
    assert result.notes[0].startswith("removed what nothing needs any more: 2 models")
    assert {row.version: row.published for row in result.versions} == {FIRST: False, SECOND: False, THIRD: True}
