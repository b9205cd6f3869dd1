"""The published dataset of a domain of pairs: triplets, split by group, never with a leak.

A dataset that leaks, or has too few triplets to train on, is not published at all, as with a history.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from domain_ft.amounts import counted
from domain_ft.errors import InputError
from domain_ft.mining.preview import write_preview
from domain_ft.mining.result import DatasetResult, FunnelRow, dataset_result
from domain_ft.mining.seeding import id_keys
from domain_ft.pairs.groups import groups_of
from domain_ft.pairs.homes import homes_of
from domain_ft.pairs.leakage import PairLeakage, pair_leakage
from domain_ft.pairs.negatives import ChosenNegatives, choose_negatives
from domain_ft.pairs.settings import PairTripletSettings
from domain_ft.pairs.tables import read_pairs
from domain_ft.progress import Progress, silent
from domain_ft.splits.by_group import Group, split_by_group
from domain_ft.splits.by_time import SPLITS
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import is_published, point, publish_folder, read_manifest, verify_folder
from domain_ft.words import normalized

PAIRING_VERSION = 2
"""Raised whenever the same pairs and settings give other triplets than before."""
RELEVANCE = {"name": "pair", "meaning": "the two stand together in a row of the source"}
COLUMNS = ("anchor", "positive", "negative", "pair_id", "unit", "target", "sub_domain", "split")


@dataclass(frozen=True)
class _Dataset:
    """A dataset before it is published."""

    triplets: pl.DataFrame
    placed: pl.DataFrame
    funnel: tuple[FunnelRow, ...]
    leakage: PairLeakage


def build_pair_dataset(
    raw: Path, out: Path, settings: PairTripletSettings, progress: Progress = silent, *, make_current: bool = True
) -> DatasetResult:
    """Split the pairs in `raw` and publish `out/<digest>` (triplets.parquet, pairs.parquet, preview.csv).

    `out/current` then points to it, unless told otherwise. Raises InputError, naming what to change, where no honest
    split is possible or fewer than `settings.minimum` training triplets come out.
    """
    source = read_manifest(raw)
    digest = short(sha256_json([source["content_digest"], settings.model_dump(mode="json"), PAIRING_VERSION]))
    target = out / digest
    reused = is_published(target)
    if not reused:
        verify_folder(raw)
        origin = {"raw": raw.resolve().name, "raw_digest": source["digest"], "digest": digest}
        publish_folder(target, _writer(_build(read_pairs(raw), settings, progress), origin, settings))
    if make_current:
        point(out / "current", digest)
    progress("dataset", 4, 4)
    return dataset_result(target, reused=reused)


def _build(whole: pl.DataFrame, settings: PairTripletSettings, progress: Progress) -> _Dataset:
    progress("dataset", 1, 4)
    pairs = _sampled(whole, settings)
    units, groups = groups_of(pairs, settings.near_duplicate)
    split = split_by_group(groups, settings.split, settings.seed)
    _require_every_split(pairs.height, groups, split)
    placed = pairs.with_columns(
        unit=pl.Series(units, dtype=pl.String), split=pl.Series([split[unit] for unit in units], dtype=pl.String)
    )
    progress("dataset", 2, 4)
    rows = _rows(placed, settings)
    kept = _capped(rows, settings)
    homes = homes_of(kept["negative"], placed, settings.near_duplicate)
    negatives = choose_negatives(kept, _answers(whole), homes, settings.negatives, settings.seed)
    triplets = kept.with_columns(negative=pl.Series(negatives.texts, dtype=pl.String)).select(COLUMNS)
    train = triplets.filter(pl.col("split") == "train").height
    if train < settings.minimum:
        raise InputError(
            f"only {train} training triplets (triplets.minimum is {settings.minimum}): of {whole.height:,} pairs "
            f"{pairs.height:,} are used, {rows.height - kept.height:,} triplets are over max_per_passage; land more "
            "pairs, or lower triplets.minimum"
        )
    leakage = pair_leakage(placed, triplets, settings.near_duplicate)
    leakage.require_none()
    progress("dataset", 3, 4)
    funnel = _funnel(whole.height, placed, groups, rows.height, kept, negatives)
    return _Dataset(triplets.sort("split", "pair_id", "target"), placed, funnel, leakage)


def _sampled(pairs: pl.DataFrame, settings: PairTripletSettings) -> pl.DataFrame:
    """Some pairs, chosen by seed: the same ones stay chosen as others arrive, as far as there is room."""
    if settings.sample_size is None or pairs.height <= settings.sample_size:
        return pairs
    return pairs.sort(_lots(pairs["pair_id"], settings.seed)).head(settings.sample_size).sort("pair_id")


def _lots(ids: pl.Series, seed: int) -> pl.Series:
    return pl.Series("lot", id_keys(f"{seed}/{name}" for name in ids))


def _require_every_split(pairs: int, groups: list[Group], split: dict[str, str]) -> None:
    missing = [name for name in SPLITS if name not in split.values()]
    if not missing:
        return
    largest = max((group.rows for group in groups), default=0)
    raise InputError(
        f"no honest split is possible: {counted(pairs, 'pairs')} are {counted(len(groups), 'groups')} (the largest "
        f"has {counted(largest, 'pairs')}), "
        f"and none is left for {' and '.join(missing)}; what shares a document, a query or a passage, or nearly so, is "
        "one group: land pairs of further documents, map source.columns.group less widely, or raise "
        "triplets.near_duplicate"
    )


def _rows(placed: pl.DataFrame, settings: PairTripletSettings) -> pl.DataFrame:
    """A row per pair and target that it has, equal ones once."""
    parts = [
        placed.select(
            "pair_id", "unit", "sub_domain", "split", "negative", anchor="query", positive=target, target=pl.lit(target)
        )
        for target in settings.targets
    ]
    return (
        pl.concat(parts)
        .drop_nulls("positive")
        .unique(["anchor", "positive", "target"], keep="first", maintain_order=True)
    )


def _capped(rows: pl.DataFrame, settings: PairTripletSettings) -> pl.DataFrame:
    """At most `max_per_passage` training rows of one passage, chosen by seed."""
    if settings.max_per_passage is None:
        return rows
    ordered = rows.with_columns(_lots(rows["pair_id"], settings.seed)).sort("lot", "pair_id", "target")
    place = pl.int_range(pl.len()).over("positive", "target")
    kept = ordered.filter((pl.col("split") != "train") | (place < settings.max_per_passage))
    return kept.drop("lot").sort("pair_id", "target")


def _answers(whole: pl.DataFrame) -> dict[str, frozenset[str]]:
    """All passages known to answer a query, in the sample or not, by normalized text; contexts are answers, too."""
    answers: dict[str, set[str]] = {}
    for query, passage, context in whole.select("query", "passage", "context").iter_rows():
        known = answers.setdefault(normalized(query), set())
        known.update(normalized(text) for text in (passage, context) if text)
    return {query: frozenset(known) for query, known in answers.items()}


def _funnel(
    landed: int, placed: pl.DataFrame, groups: list[Group], rows: int, kept: pl.DataFrame, negatives: ChosenNegatives
) -> tuple[FunnelRow, ...]:
    counts = dict(kept["split"].value_counts().iter_rows())
    return (
        FunnelRow("pairs", landed, "accepted pairs"),
        FunnelRow("pairs_outside_sample", landed - placed.height, "triplets.sample_size"),
        FunnelRow("groups", len(groups), "pairs of one document, or that share a text or nearly so"),
        FunnelRow("groups_of_one_pair", sum(group.rows == 1 for group in groups), "pairs that share nothing"),
        FunnelRow("triplets", rows, "one per pair and target, equal ones once"),
        FunnelRow("triplets_over_max_per_passage", rows - kept.height, "triplets.max_per_passage"),
        FunnelRow("negatives_known_to_answer", negatives.known_positive, "given, but they answer the query elsewhere"),
        FunnelRow("negatives_of_another_split", negatives.of_another_split, "given, but held out from this split"),
        FunnelRow("negatives_near_another_split", negatives.near_another_split, "given, but nearly a held-out passage"),
        FunnelRow("negatives_mined", negatives.mined, "by triplets.negatives, or for want of a given one"),
        *(FunnelRow(f"triplets_{name}", counts.get(name, 0), f"triplets of the {name} split") for name in SPLITS),
    )


def _writer(
    dataset: _Dataset, identity: dict[str, str], settings: PairTripletSettings
) -> Callable[[Path], dict[str, Any]]:
    def write(folder: Path) -> dict[str, Any]:
        triplets = dataset.triplets
        triplets.write_parquet(folder / "triplets.parquet", compression="zstd")
        dataset.placed.write_parquet(folder / "pairs.parquet", compression="zstd")
        write_preview(folder / "preview.csv", triplets.with_columns(pl.col(pl.String).fill_null("")))
        return {
            **identity,
            "kind": "triplets",
            "made_from": "pairs",
            "settings": settings.model_dump(mode="json"),
            "mining_version": PAIRING_VERSION,
            "relevance": RELEVANCE,
            "counts": {name: triplets.filter(pl.col("split") == name).height for name in SPLITS},
            "slices": _slices(triplets),
            "funnel": [row.as_json() for row in dataset.funnel],
            "leakage": dataset.leakage.as_json(),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    return write


def _slices(triplets: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Triplets per split and sub-domain."""
    counts: dict[str, dict[str, int]] = {}
    named = triplets.with_columns(pl.col("sub_domain").fill_null("none"))
    for split, name, count in named.group_by("split", "sub_domain").len().sort("split", "sub_domain").iter_rows():
        counts.setdefault(split, {})[name] = count
    return counts
