"""What fails while a model trains or is judged: real trainings of a tiny model, in a process of their own."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.errors import DomainFtError
from domain_ft.faults import fault_sentence
from domain_ft.registry import tracking
from domain_ft.registry.owed import owed
from domain_ft.store.digests import sha256_file
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, pointed
from domain_ft.training.checkpoints import CHECKPOINTS, whole_checkpoints
from domain_ft.training.progress import TrainingEvent
from domain_ft.training.stop import TrainingStoppedError
from domain_ft_tests.faults.snapshot import visible_faults
from domain_ft_tests.faults.worker import tiny_domain
from domain_ft_tests.hostile.failing import (
    alter_byte,
    cut_short,
    file_size_limit,
    full_but_for,
    locked_by_another_process,
    small_disk,
)

pytestmark = pytest.mark.slow


def copied(source: Home, home: Home) -> Home:
    shutil.copytree(source.root, home.root, symlinks=True, dirs_exist_ok=True)
    return home


def failure(home: Home) -> str:
    """The sentence of a training that fails, as the command line and the steps give it."""
    try:
        stages.train(tiny_domain(), home)
    except DomainFtError as error:
        return str(error)
    except OSError as error:
        return str(fault_sentence(error))
    raise AssertionError("the training did not fail")


def nothing_half_done(home: Home) -> bool:
    return visible_faults(home) == [] and pointed(home.models(tiny_domain().name) / "current") is None


@pytest.mark.parametrize("size", [0, 20_000])
def test_a_limit_on_file_sizes_ends_a_training_in_a_sentence(mined: Home, home: Home, size: int) -> None:
    copied(mined, home)
    with file_size_limit(size):
        assert "File too large; raise the limit on the size of files (ulimit -f)" in failure(home)
    assert nothing_half_done(home)
    assert is_published(stages.train(tiny_domain(), home).path)


@pytest.mark.parametrize("room", [0, 200, 600])
def test_a_full_disk_ends_a_training_in_a_sentence(mined: Home, home: Home, room: int) -> None:
    with small_disk(home.root, 40_000):
        copied(mined, home)
        with full_but_for(home.root, room):
            assert "make room on that disk, then do this step again" in failure(home)
        assert nothing_half_done(home)
        assert is_published(stages.train(tiny_domain(), home).path)


@pytest.fixture(scope="session")
def stopped(mined: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A state root with a training that was stopped after some of its checkpoints."""
    home = copied(mined, Home(tmp_path_factory.mktemp("stopped") / "home"))
    saved: list[int] = []

    def note(event: TrainingEvent) -> None:
        if event.kind == "checkpoint":
            saved.append(event.step)

    with pytest.raises(TrainingStoppedError):
        stages.train(tiny_domain(), home, on_event=note, cancelled=lambda: len(saved) > 1)
    return home


@pytest.mark.parametrize(("file", "damage"), [("optimizer.pt", alter_byte), ("model.safetensors", cut_short)])
def test_a_damaged_checkpoint_is_passed_over_and_the_training_ends_in_the_weights_of_an_undisturbed_one(
    stopped: Home, trained: Home, home: Home, file: str, damage: Callable[[Path], None]
) -> None:
    copied(stopped, home)
    (work,) = home.trainings(tiny_domain().name).iterdir()
    *earlier, newest = whole_checkpoints(work / CHECKPOINTS)
    damage(newest.path / file)
    resumed: list[int] = []

    def note(event: TrainingEvent) -> None:
        if event.kind == "resumed":
            resumed.append(event.step)

    result = stages.train(tiny_domain(), home, on_event=note)
    assert resumed == [earlier[-1].step]
    expected = pointed(trained.models(tiny_domain().name) / "current")
    assert expected is not None
    weights = "model.safetensors"
    assert sha256_file(result.path / weights) == sha256_file(expected / weights)


def spoilt(database: Path) -> None:
    """The first page of a database is overwritten."""
    database.write_bytes(b"\xff" * 4096 + database.read_bytes()[4096:])


def test_while_another_process_locks_mlflow_a_training_succeeds_and_its_entry_is_owed(
    mined: Home, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(mined, home)
    tracking.prepare_store(home)
    monkeypatch.setattr(tracking, "SQLITE_SECONDS", 0.5)
    with locked_by_another_process(home.state / "mlflow.db"):
        result = stages.train(tiny_domain(), home)
    assert is_published(result.path)
    assert "database is locked" in result.notes[0]
    assert [debt.name for debt in owed(home, tiny_domain().name)] == [result.version]
    assert stages.train(tiny_domain(), home).mlflow_url
    assert owed(home, tiny_domain().name) == ()


@pytest.mark.parametrize("damage", [spoilt, cut_short])
def test_with_a_spoilt_database_a_training_succeeds_and_a_new_one_takes_its_entry(
    mined: Home, home: Home, damage: Callable[[Path], None]
) -> None:
    copied(mined, home)
    tracking.prepare_store(home)
    damage(home.state / "mlflow.db")
    result = stages.train(tiny_domain(), home)
    assert is_published(result.path)
    assert "mlflow.db" in result.notes[0]
    (home.state / "mlflow.db").rename(home.state / "spoilt.db")
    subprocess.run([sys.executable, "-m", "domain_ft_tests.faults.worker", "train"], check=True)  # no old connection
    assert owed(home, tiny_domain().name) == ()


@pytest.mark.parametrize(
    ("file", "damage", "says"),
    [
        ("model.safetensors", alter_byte, "altered since it was published"),
        ("model.safetensors", cut_short, "altered since it was published"),
        ("tokenizer.json", Path.unlink, "missing, though the manifest lists it"),
    ],
)
def test_a_damaged_model_is_refused_by_the_name_of_its_file_and_trained_again(
    trained: Home, home: Home, file: str, damage: Callable[[Path], None], says: str
) -> None:
    copied(trained, home)
    model = pointed(home.models(tiny_domain().name) / "current")
    assert model is not None
    damage(model / file)
    for command in (stages.benchmark, stages.train):
        with pytest.raises(DomainFtError, match=f"{file}: {says}; remove {model} and make it again"):
            command(tiny_domain(), home)
    shutil.rmtree(model)
    assert is_published(stages.train(tiny_domain(), home).path)
    assert is_published(stages.benchmark(tiny_domain(), home).path)


@pytest.mark.parametrize("table", ["raw/runs", "triplets/builds"])
def test_a_benchmark_on_altered_tables_is_refused(trained: Home, home: Home, table: str) -> None:
    copied(trained, home)
    stage, name = table.split("/")
    folder = pointed(home.data(tiny_domain().name) / stage / "current")
    assert folder is not None
    alter_byte(folder / f"{name}.parquet")
    with pytest.raises(DomainFtError, match=rf"{name}\.parquet: altered since it was published"):
        stages.benchmark(tiny_domain(), home)
