"""Datasets of triplets, whatever they are made from: how one is built, and what must hold of it."""

from pathlib import Path
from typing import cast

from domain_ft.evaluation.evidence import few_clusters
from domain_ft.evaluation.held_out import made_from
from domain_ft.evaluation.vocabulary import vocabulary
from domain_ft.mining.checks import CheckOutcome, evaluate_history_dataset, require_none_blocks
from domain_ft.mining.dataset import build_history_dataset
from domain_ft.mining.result import DatasetResult
from domain_ft.mining.settings import TripletSettings
from domain_ft.newest import newest
from domain_ft.pairs.checks import evaluate_pair_dataset
from domain_ft.pairs.dataset import build_pair_dataset
from domain_ft.pairs.settings import PairTripletSettings
from domain_ft.progress import Progress, silent
from domain_ft.settings import Settings
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft.store.tables import read_table


def build_dataset(
    raw: Path, out: Path, settings: Settings, progress: Progress = silent, *, make_current: bool = True
) -> DatasetResult:
    """Publish the dataset that the tables in `raw` come to under a domain's settings of triplets."""
    if isinstance(settings, PairTripletSettings):
        return build_pair_dataset(raw, out, settings, progress, make_current=make_current)
    return build_history_dataset(raw, out, cast(TripletSettings, settings), progress, make_current=make_current)


def current_dataset(home: Home, domain: str) -> Path:
    """The newest dataset; InputError where there is none yet."""
    return newest(home.triplets(domain), f"no dataset yet; run domain-ft dataset {domain}")


def evaluate_dataset(folder: Path) -> tuple[CheckOutcome, ...]:
    """Every check of a published dataset."""
    from_pairs = made_from(read_manifest(folder)) == "pairs"
    return evaluate_pair_dataset(folder) if from_pairs else evaluate_history_dataset(folder)


def undecidable(folder: Path, confidence: float) -> str | None:
    """A sentence if the test split has too few clusters for any verdict: better known before a training than after."""
    kind = made_from(read_manifest(folder))
    table, name = ("pairs.parquet", "unit") if kind == "pairs" else ("builds.parquet", "build_id")
    placed = read_table(folder / table, [name, "split"])
    return few_clusters(placed.filter(split="test")[name].n_unique(), "test", confidence, vocabulary(kind))


def require_sound(folder: Path) -> None:
    """DomainFtError if a blocking check of a published dataset fails."""
    require_none_blocks(folder, evaluate_dataset(folder))
