"""The published dataset of triplets: mined once per history, settings and mining version, and found again after.

A dataset that leaks, or has too few triplets to train on, is not published at all: whatever lies under the
triplets folder may be trained on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from domain_ft.errors import InputError
from domain_ft.history.relevance import FAILING
from domain_ft.history.settings import RELEVANCE_MEANING
from domain_ft.history.tables import History, history_digest, read_history
from domain_ft.mining.blame import explain_shortage
from domain_ft.mining.miner import MinedTriplets, mine_triplets
from domain_ft.mining.preview import write_preview
from domain_ft.mining.result import DatasetResult, FunnelRow, dataset_result
from domain_ft.mining.sample import newest_runs
from domain_ft.mining.settings import TripletSettings
from domain_ft.progress import Progress, silent
from domain_ft.splits.by_time import split_by_time
from domain_ft.splits.leakage import LeakageReport, leakage_report
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import is_published, point, publish_folder, read_manifest, verify_folder

MINING_VERSION = 1
"""Raised whenever the same history and settings give other triplets than before."""


@dataclass(frozen=True)
class _Dataset:
    """A dataset before it is published."""

    mined: MinedTriplets
    builds: pl.DataFrame
    funnel: tuple[FunnelRow, ...]
    leakage: LeakageReport
    verdicts: dict[str, int]


def build_history_dataset(
    raw: Path, out: Path, settings: TripletSettings, progress: Progress = silent, *, make_current: bool = True
) -> DatasetResult:
    """Mine the history in `raw` and publish `out/<digest>` (triplets.parquet, builds.parquet, preview.csv).

    `out/current` then points to it, unless told otherwise. The same history and settings are not mined twice. Raises
    InputError, naming what to change, when fewer than `settings.minimum` training triplets come out.
    """
    source = read_manifest(raw)
    content = source.get("content_digest") or history_digest(read_history(raw))
    digest = short(sha256_json([content, settings.model_dump(mode="json"), MINING_VERSION]))
    target = out / digest
    reused = is_published(target)
    if not reused:
        verify_folder(raw)
        origin = {"raw": raw.resolve().name, "raw_digest": source.get("digest", content)}
        dataset = _mine(read_history(raw), settings, progress)
        publish_folder(target, _writer(dataset, {**origin, "digest": digest}, settings))
    if make_current:
        point(out / "current", digest)
    progress("dataset", 4, 4)
    return dataset_result(target, reused=reused)


def _mine(whole: History, settings: TripletSettings, progress: Progress) -> _Dataset:
    progress("dataset", 1, 4)
    history = newest_runs(whole, settings.sample_size)
    splits = split_by_time(history.builds, settings.split)
    mined = mine_triplets(history, splits, settings)
    progress("dataset", 2, 4)
    if mined.counts["train"] < settings.minimum:
        raise InputError(explain_shortage(history, mined, settings, lambda other: _count_training(whole, other)))
    builds = _with_splits(whole.builds, splits)
    leakage = leakage_report(builds, mined.triplets)
    leakage.require_none()
    progress("dataset", 3, 4)
    return _Dataset(mined, builds, _with_sample(mined.funnel, whole, history, settings), leakage, history.verdicts())


def _count_training(whole: History, settings: TripletSettings) -> int:
    history = newest_runs(whole, settings.sample_size)
    return mine_triplets(history, split_by_time(history.builds, settings.split), settings).counts["train"]


def _with_splits(builds: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Every build of the history in the order of time, with its split or the reason why it has none."""
    placed = builds.select("build_id", "started_at", "change_text").join(
        splits.with_columns(sampled=True), on="build_id", how="left"
    )
    outside = pl.when(pl.col("sampled").is_null()).then(pl.lit("outside_sample")).otherwise("reason")
    return placed.select("build_id", "split", "started_at", "change_text", reason=outside).sort(
        "started_at", "build_id"
    )


def _with_sample(
    funnel: tuple[FunnelRow, ...], whole: History, sample: History, settings: TripletSettings
) -> tuple[FunnelRow, ...]:
    outside = whole.runs.height - sample.runs.height
    size = "null: all runs are used" if settings.sample_size is None else f"{settings.sample_size}, the newest"
    return (
        FunnelRow("rows", whole.runs.height, "runs of the history, one per test and build"),
        FunnelRow("rows_outside_sample", outside, f"sample_size is {size}"),
        *funnel,
    )


def _writer(dataset: _Dataset, identity: dict[str, str], settings: TripletSettings) -> Callable[[Path], dict[str, Any]]:
    def write(folder: Path) -> dict[str, Any]:
        triplets = dataset.mined.triplets
        triplets.write_parquet(folder / "triplets.parquet", compression="zstd")
        dataset.builds.write_parquet(folder / "builds.parquet", compression="zstd")
        write_preview(folder / "preview.csv", triplets)
        return {
            **identity,
            "kind": "triplets",
            "settings": settings.model_dump(mode="json"),
            "mining_version": MINING_VERSION,
            "made_from": "history",
            "relevance": {"name": settings.relevance, "meaning": RELEVANCE_MEANING[settings.relevance]},
            "counts": dataset.mined.counts,
            "slices": _slices(triplets),
            "verdicts": _outcomes(dataset.verdicts),
            "funnel": [row.as_json() for row in dataset.funnel],
            "leakage": dataset.leakage.as_json(),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    return write


def _slices(triplets: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Triplets per split and slice."""
    counts: dict[str, dict[str, int]] = {}
    for split, name, count in triplets.group_by("split", "slice").len().sort("split", "slice").iter_rows():
        counts.setdefault(split, {})[name] = count
    return counts


def _outcomes(verdicts: dict[str, int]) -> dict[str, int]:
    return {"failed": sum(verdicts.get(word, 0) for word in FAILING), "passed": verdicts.get("pass", 0)}
