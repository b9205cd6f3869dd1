"""Merging a tuned model with its base: the arithmetic, the choice of the share, and the model that is published."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain_ft.embedding.merge import GRID, Merge, Trial, choose_share
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.version import training_version
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.publish import publish_folder, read_manifest
from domain_ft.store.vectors import NO_PREFIXES

GIVEN = {"dataset_digest": "a" * 12, "base_sha256": "b" * 64, "precision": "fp32", "prefixes": NO_PREFIXES}
SHARES = st.floats(0, 1)
FIGURES = st.floats(0, 1, allow_nan=False)


def weights(folder: Path) -> Mapping[str, Any]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def version(**given_settings: Any) -> str:
    return training_version(TrainingSettings(**given_settings), **GIVEN)


@given(SHARES, st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=5))
def test_each_weight_lies_between_its_two_origins(share: float, tuned: list[float]) -> None:
    import torch

    from domain_ft.embedding.merge import interpolate

    first, second = torch.tensor(tuned), torch.tensor(tuned[::-1])
    merged = interpolate({"w": first}, {"w": second}, share)["w"]
    assert torch.allclose(merged, (1 - share) * first + share * second, rtol=1e-5, atol=1e-3)
    assert torch.equal(interpolate({"w": first}, {"w": second}, 0.0)["w"], first)
    assert torch.equal(interpolate({"w": first}, {"w": second}, 1.0)["w"], second)


def test_whole_numbers_are_left_as_they_are() -> None:
    import torch

    from domain_ft.embedding.merge import interpolate

    assert interpolate({"n": torch.tensor([3])}, {"n": torch.tensor([9])}, 0.5)["n"].tolist() == [3]


def test_models_of_different_weights_are_refused() -> None:
    import torch

    from domain_ft.embedding.merge import interpolate

    with pytest.raises(DomainFtError, match="do not have the same weights"):
        interpolate({"w": torch.zeros(2)}, {"w": torch.zeros(3)}, 0.5)


@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=len(GRID), max_size=len(GRID)), FIGURES)
def test_the_share_with_the_best_validation_is_chosen_of_those_above_the_floor(
    figures: list[tuple[float, float]], floor: float
) -> None:
    trials = [Trial(share, *figure) for share, figure in zip(GRID, figures, strict=True)]
    chosen = next(trial for trial in trials if trial.share == choose_share(trials, floor))
    enough = [trial for trial in trials if trial.general >= floor]
    if enough:
        assert chosen.general >= floor
        assert chosen.validation == max(trial.validation or 0.0 for trial in enough)
    else:
        assert chosen.general == max(trial.general for trial in trials)


def test_of_equally_good_shares_the_one_that_keeps_more_of_the_base_is_chosen() -> None:
    assert choose_share([Trial(0.0, 0.5, 0.9), Trial(0.2, 0.5, 0.9), Trial(0.4, 0.4, 0.9)], 0.5) == 0.2


@pytest.mark.parametrize("value", [-0.1, 1.1, "half", "nan", [0.5]])
def test_what_is_no_share_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"expected a share from 0\.0 to 1\.0, auto, or null"):
        TrainingSettings(merge_with_base=value)


def test_a_merge_names_another_version_and_one_that_is_not_made_does_not() -> None:
    names = [version(), version(merge_with_base=0.2), version(merge_with_base=0.4), version(merge_with_base="auto")]
    assert len(set(names)) == 4
    assert version(merge_floor=0.5) == version()
    assert version(merge_floor=0.5, merge_with_base=0.2) == version(merge_with_base=0.2)
    assert version(merge_floor=0.5, merge_with_base="auto") != version(merge_with_base="auto")


def test_the_published_model_is_the_tuned_one_and_the_base_by_the_share(world: Any) -> None:
    options = {"max_steps": 4, "freeze_layers": 1, "learning_rate": 1e-2}
    base = weights(world.home.root / "tiny_bert")
    tuned, merged = world.fit(**options), world.fit(**options, merge_with_base=0.25)
    first, second = weights(tuned.path), weights(merged.path)
    assert any((first[name] != base[name]).any() for name in base)
    for name, weight in second.items():
        assert weight == pytest.approx(0.75 * first[name] + 0.25 * base[name], abs=1e-6)


def test_manifest_log_and_card_say_what_was_merged_and_measured(world: Any) -> None:
    fitted = world.fit(max_steps=4, merge_with_base=0.25)
    merge = fitted.manifest["merge_with_base"]
    assert (merge["share"], merge["floor"]) == (0.25, None)
    assert [trial["share"] for trial in merge["trials"]] == [0.0, 0.25]
    assert fitted.manifest["validation"]["map"] == pytest.approx(merge["trials"][1]["validation"])
    log = [json.loads(line) for line in (fitted.path / "training_log.jsonl").read_text().splitlines()]
    assert [line["merge_share"] for line in log if "merge_share" in line] == [0.0, 0.25]
    (told,) = fitted.of("merged")
    assert told.message.startswith("25% of the weights are the base model's (as was asked)")
    assert told.message in (fitted.path / "README.md").read_text()


def test_nothing_is_merged_unless_asked(world: Any) -> None:
    fitted = world.fit(max_steps=1)
    assert fitted.manifest["merge_with_base"] is None
    assert not fitted.of("merged")


def test_auto_takes_the_best_on_validation_that_keeps_the_floor(world: Any) -> None:
    fitted = world.fit(epochs=4, learning_rate=5e-3, merge_with_base="auto", merge_floor=0.5)
    merge = fitted.manifest["merge_with_base"]
    assert [trial["share"] for trial in merge["trials"]] == list(GRID)
    assert merge["floor"] == pytest.approx(0.5 * merge["base_general"])
    trials = [Trial(**trial) for trial in merge["trials"]]
    assert merge["share"] == choose_share(trials, merge["floor"])
    chosen = trials[GRID.index(merge["share"])]
    assert fitted.manifest["validation"]["map"] == pytest.approx(chosen.validation)


def test_a_floor_that_no_share_keeps_is_a_warning() -> None:
    trials = (Trial(0.0, 0.5, 0.6), Trial(0.8, 0.3, 0.7))
    assert Merge(0.8, "map", trials, 1.0, floor=0.7).warning() is None
    warning = Merge(0.8, "map", trials, 1.0, floor=0.9).warning()
    assert warning is not None
    assert warning.startswith("no share of the base keeps a general ability of 0.900 (the best, 0.8, has 0.700)")


def test_auto_without_anything_to_validate_on_is_refused_before_the_training(world: Any) -> None:
    manifest = read_manifest(world.dataset)

    def write(folder: Path) -> dict[str, Any]:
        shutil.copy(world.dataset / "triplets.parquet", folder)
        builds = pl.read_parquet(world.dataset / "builds.parquet")
        builds.filter(pl.col("split") != "validation").write_parquet(folder / "builds.parquet")
        return {**manifest, "digest": f"f{manifest['digest'][1:]}"}

    world.dataset = publish_folder(world.dataset.with_name(f"f{manifest['digest'][1:]}"), write)
    with pytest.raises(InputError, match="merge_with_base: auto chooses on validation, which has nothing to rank"):
        world.fit(merge_with_base="auto")
