"""The published dataset: what lies in the folder, when it is made anew, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.history.tables import History
from domain_ft.mining.checks import evaluate_history_dataset
from domain_ft.mining.dataset import build_history_dataset
from domain_ft.mining.settings import TripletSettings
from domain_ft.store.publish import pointed, read_manifest, verify_folder

SETTINGS = TripletSettings(minimum=1, flaky_threshold=1.0)
Publish = Callable[[History], Path]


@pytest.fixture
def history(history_of: Any) -> History:
    """Forty builds; every test breaks in each third one and is mended in the next."""
    made: History = history_of({f"t{i}": ("." * (i % 3) + "PPF" * 14)[:40] for i in range(8)})
    return made


def test_the_folder_holds_triplets_builds_preview_and_manifest(
    history: History, publish_raw: Publish, tmp_path: Path
) -> None:
    raw = publish_raw(history)
    result = build_history_dataset(raw, tmp_path / "out", SETTINGS)
    assert {path.name for path in result.path.iterdir()} == {
        "triplets.parquet", "builds.parquet", "preview.csv", "manifest.json",
    }  # fmt: skip
    verify_folder(result.path)
    assert pointed(tmp_path / "out" / "current") == result.path
    triplets = pl.read_parquet(result.path / "triplets.parquet")
    assert triplets.columns == [
        "anchor", "positive", "negative", "test_id", "positive_build", "negative_build", "split", "slice",
    ]  # fmt: skip
    assert dict(triplets["split"].value_counts().iter_rows()) == result.counts
    builds = pl.read_parquet(result.path / "builds.parquet")
    assert builds["build_id"].to_list() == history.builds["build_id"].to_list()
    assert set(builds["split"]) == {"train", "validation", "test"}


def test_a_dataset_that_shall_not_be_current_moves_no_pointer(
    history: History, publish_raw: Publish, tmp_path: Path
) -> None:
    raw = publish_raw(history)
    first = build_history_dataset(raw, tmp_path / "out", SETTINGS)
    other = build_history_dataset(raw, tmp_path / "out", SETTINGS.model_copy(update={"seed": 7}), make_current=False)
    assert other.path.is_dir()
    assert pointed(tmp_path / "out" / "current") == first.path


def test_the_manifest_says_what_it_was_made_of(history: History, publish_raw: Publish, tmp_path: Path) -> None:
    raw = publish_raw(history)
    result = build_history_dataset(raw, tmp_path / "out", SETTINGS)
    manifest = read_manifest(result.path)
    assert manifest["kind"] == "triplets"
    assert manifest["digest"] == result.digest == result.path.name
    assert manifest["raw"] == raw.name
    assert manifest["raw_digest"] == read_manifest(raw)["digest"]
    assert TripletSettings.model_validate(manifest["settings"]) == SETTINGS
    assert manifest["counts"] == result.counts
    assert set(manifest["leakage"].values()) == {0}
    verdicts = history.verdicts()
    assert manifest["verdicts"] == {"failed": verdicts["fail"], "passed": verdicts["pass"]}
    assert manifest["slices"]["train"].keys() == {"break", "fix"}
    assert [row["name"] for row in manifest["funnel"]][:3] == ["rows", "rows_outside_sample", "runs"]


def test_the_result_is_json_with_the_keys_of_the_command(
    history: History, publish_raw: Publish, tmp_path: Path
) -> None:
    result = build_history_dataset(publish_raw(history), tmp_path / "out", SETTINGS)
    assert json.loads(json.dumps(result.as_json())).keys() >= {"path", "digest", "counts", "funnel", "leakage"}


def test_the_same_history_and_settings_are_mined_once(history: History, publish_raw: Publish, tmp_path: Path) -> None:
    raw = publish_raw(history)
    first = build_history_dataset(raw, tmp_path / "out", SETTINGS)
    second = build_history_dataset(raw, tmp_path / "out", SETTINGS)
    assert (first.reused, second.reused) == (False, True)
    assert second.as_json() == {**first.as_json(), "reused": True}


def test_other_settings_give_another_dataset_and_current_follows(
    history: History, publish_raw: Publish, tmp_path: Path
) -> None:
    raw = publish_raw(history)
    first = build_history_dataset(raw, tmp_path / "out", SETTINGS)
    second = build_history_dataset(raw, tmp_path / "out", SETTINGS.model_copy(update={"seed": 1}))
    assert second.path != first.path
    assert pointed(tmp_path / "out" / "current") == second.path
    assert build_history_dataset(raw, tmp_path / "out", SETTINGS).reused
    assert pointed(tmp_path / "out" / "current") == first.path


def test_rows_in_another_order_give_the_same_files(
    history: History, publish_raw: Publish, shuffled: Callable[[History, int], History], tmp_path: Path
) -> None:
    first = build_history_dataset(publish_raw(history), tmp_path / "one", SETTINGS)
    second = build_history_dataset(publish_raw(shuffled(history, 7)), tmp_path / "two", SETTINGS)
    assert second.digest == first.digest
    assert read_manifest(second.path)["files"] == read_manifest(first.path)["files"]


def test_sample_size_uses_the_newest_runs_and_splits_their_builds(
    history: History, publish_raw: Publish, tmp_path: Path
) -> None:
    raw = publish_raw(history)
    result = build_history_dataset(raw, tmp_path / "out", SETTINGS.model_copy(update={"sample_size": 160}))
    builds = pl.read_parquet(result.path / "builds.parquet")
    assert builds["reason"].to_list() == ["outside_sample"] * 20 + [None] * 20
    assert builds["split"].to_list() == [None] * 20 + ["train"] * 14 + ["validation"] * 2 + ["test"] * 4
    count = {row.name: row.count for row in result.funnel}
    assert count["rows"] == history.runs.height == count["rows_outside_sample"] + count["runs"]
    assert count["runs"] == 160


def test_a_sample_that_cuts_through_a_build_takes_the_same_runs_whatever_their_order(
    history: History, publish_raw: Publish, shuffled: Callable[[History, int], History], tmp_path: Path
) -> None:
    settings = SETTINGS.model_copy(update={"sample_size": 157})
    results = [
        build_history_dataset(publish_raw(made), tmp_path / str(seed), settings)
        for seed, made in enumerate((history, shuffled(history, 3)))
    ]
    assert read_manifest(results[0].path)["files"] == read_manifest(results[1].path)["files"]


def test_fewer_triplets_than_the_minimum_are_refused_and_nothing_is_published(
    history: History, publish_raw: Publish, tmp_path: Path
) -> None:
    raw = publish_raw(history)
    found = build_history_dataset(raw, tmp_path / "out", SETTINGS).counts["train"]
    settings = SETTINGS.model_copy(update={"minimum": found + 1})
    with pytest.raises(InputError, match=f"only {found} training triplets \\(triplets.minimum is {found + 1}\\)"):
        build_history_dataset(raw, tmp_path / "none", settings)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_holds_no_history_is_named(tmp_path: Path) -> None:
    with pytest.raises(DomainFtError, match="nothing is published there"):
        build_history_dataset(tmp_path / "nowhere", tmp_path / "out", SETTINGS)


def test_a_fresh_dataset_passes_its_blocking_checks(history: History, publish_raw: Publish, tmp_path: Path) -> None:
    outcomes = evaluate_history_dataset(build_history_dataset(publish_raw(history), tmp_path / "out", SETTINGS).path)
    assert [outcome.name for outcome in outcomes] == [
        "leakage", "minimum_size", "verdict_balance", "repeated_texts",
    ]  # fmt: skip
    assert not any(outcome.blocks for outcome in outcomes)


def test_a_leak_on_the_disk_is_found_though_the_manifest_denies_it(
    history: History, publish_raw: Publish, tmp_path: Path
) -> None:
    folder = build_history_dataset(publish_raw(history), tmp_path / "out", SETTINGS).path
    builds = pl.read_parquet(folder / "builds.parquet")
    builds.with_columns(split=pl.lit("test")).write_parquet(folder / "builds.parquet")
    leakage = evaluate_history_dataset(folder)[0]
    assert leakage.blocks
    assert leakage.numbers["triplets_crossing_splits"] > 0


def test_progress_is_told(history: History, publish_raw: Publish, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    build_history_dataset(publish_raw(history), tmp_path / "out", SETTINGS, lambda *step: told.append(step))  # type: ignore[arg-type]
    assert told[-1] == ("dataset", 4, 4)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
