"""What must hold of a dataset of pairs before anything is trained on it, counted anew from its files."""

from pathlib import Path

from domain_ft.mining.checks import CheckOutcome, evaluate_leakage, evaluate_minimum_size, evaluate_repeated_texts
from domain_ft.pairs.leakage import pair_leakage
from domain_ft.store.publish import read_manifest
from domain_ft.store.tables import read_table


def evaluate_pair_dataset(folder: Path) -> tuple[CheckOutcome, ...]:
    """All checks of a dataset of pairs, in the order leakage, minimum size, repeated texts."""
    manifest = read_manifest(folder)
    settings = manifest["settings"]
    triplets = read_table(folder / "triplets.parquet")
    leakage = pair_leakage(read_table(folder / "pairs.parquet"), triplets, settings["near_duplicate"])
    return (
        evaluate_leakage(leakage),
        evaluate_minimum_size(manifest["counts"], settings["minimum"]),
        evaluate_repeated_texts(triplets),
    )
