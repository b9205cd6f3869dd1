"""Only whole checkpoints count."""

from pathlib import Path

import pytest

from domain_ft.training.checkpoints import (
    MARKER,
    Spent,
    discard_unfinished,
    mark_whole,
    prune_checkpoints,
    unmark,
    whole_checkpoints,
)


def write_checkpoint(parent: Path, step: int) -> Path:
    folder = parent / f"checkpoint-{step}"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "1_Pooling" / "config.json").write_bytes(b"{}")
    mark_whole(folder, Spent(seconds=step * 2.0, step_seconds=1.0, examples=step * 8))
    return folder


def steps(parent: Path) -> list[int]:
    return [checkpoint.step for checkpoint in whole_checkpoints(parent)]


def test_whole_checkpoints_come_in_the_order_of_their_steps(tmp_path: Path) -> None:
    for step in (100, 20, 3):
        write_checkpoint(tmp_path, step)
    assert steps(tmp_path) == [3, 20, 100]


def test_a_checkpoint_remembers_what_the_training_had_cost(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, 5)
    assert whole_checkpoints(tmp_path)[0].spent == Spent(10.0, 1.0, 40)


def damage_marker(folder: Path) -> None:
    (folder / MARKER).write_text("{")


def shorten_file(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weigh")


def lose_file(folder: Path) -> None:
    (folder / "1_Pooling" / "config.json").unlink()


def test_a_checkpoint_altered_within_its_size_is_discarded_before_a_training_goes_on(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, 1)
    (write_checkpoint(tmp_path, 2) / "model.safetensors").write_bytes(b"wEights")
    assert discard_unfinished(tmp_path) == 1
    assert steps(tmp_path) == [1]


@pytest.mark.parametrize("damage", [unmark, damage_marker, shorten_file, lose_file])
def test_a_damaged_checkpoint_is_passed_over_and_discarded(tmp_path: Path, damage: object) -> None:
    write_checkpoint(tmp_path, 1)
    damage(write_checkpoint(tmp_path, 2))  # type: ignore[operator]
    assert steps(tmp_path) == [1]
    assert discard_unfinished(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-1"]


def test_the_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3, 4):
        write_checkpoint(tmp_path, step)
    prune_checkpoints(tmp_path, keep=2, best_step=1)
    assert steps(tmp_path) == [1, 3, 4]


def test_no_folder_holds_no_checkpoint(tmp_path: Path) -> None:
    assert whole_checkpoints(tmp_path / "none") == []
    assert discard_unfinished(tmp_path / "none") == 0
