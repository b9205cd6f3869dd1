"""The shipped domains of pairs on the files that they were made for."""

from pathlib import Path

import polars as pl
import pytest

from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.pairs.checks import evaluate_pair_dataset
from domain_ft.pairs.tables import read_pairs
from domain_ft.store.home import Home
from domain_ft.words import normalized

FILES = {"manuals": "manuals/training_pairs.jsonl", "papers_qa": "papers_qa/consolidated_qa.jsonl"}


@pytest.mark.slow
@pytest.mark.parametrize("preset", [None, "smoke"])
@pytest.mark.parametrize("name", FILES)
def test_real_pairs_land_and_are_split_without_a_leak(
    name: str, preset: str | None, real_data: Path, home: Home
) -> None:
    domain = find_domain(name)
    landed = stages.ingest(domain, home, [real_data / FILES[name]])
    assert landed.read == landed.accepted + landed.rejected + landed.duplicates
    domain = domain.with_preset(preset) if preset else domain
    result = stages.build_dataset(domain, home)
    assert set(result.leakage.values()) == {0}
    assert all(outcome.passed for outcome in evaluate_pair_dataset(result.path) if outcome.severity == "error")
    triplets = pl.read_parquet(result.path / "triplets.parquet")
    for split in ("train", "validation", "test"):
        assert set(triplets.filter(split=split)["target"]) == set(domain.triplets.targets)
    assert not _asked(triplets, "anchor", "negative") & _answers(read_pairs(landed.path))


def _answers(pairs: pl.DataFrame) -> set[tuple[str, str]]:
    return _asked(pairs, "query", "passage") | _asked(pairs, "query", "context")


def _asked(table: pl.DataFrame, query: str, text: str) -> set[tuple[str, str]]:
    return {(normalized(one), normalized(two)) for one, two in table.select(query, text).drop_nulls().iter_rows()}
