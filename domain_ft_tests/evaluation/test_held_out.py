"""What of a dataset a model knows, by whatever other row it has learned it."""

from pathlib import Path

import polars as pl
import pytest

from domain_ft.evaluation.case import seen_in_training
from domain_ft.evaluation.held_out import HeldOutPairs
from domain_ft.pairs.tables import PAIRS, write_pairs

ROWS = [
    # pair, query, passage, context, group, split
    ("a1", "how to mend a", "mend a so", None, "a", "test"),
    ("a2", "who mends a", "MEND  a so", None, "a", "test"),
    ("a3", "why mend a", "it broke", "of a", "a", "test"),
    ("b1", "how to mend b", "mend b so", None, "b", "test"),
    ("b2", "mend b so", "as a passage says", None, "b", "test"),
    ("c1", "how to mend c", "mend c so", None, "c", "train"),
]
NOT_SAMPLED = ("x", "Who mends A", "another answer", None, None, None)


@pytest.fixture
def held_out(tmp_path: Path) -> HeldOutPairs:
    names = ["pair_id", "query", "passage", "context", "unit", "split"]
    rows = pl.DataFrame([*ROWS, NOT_SAMPLED], names, orient="row")
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in PAIRS.items() if name not in rows.columns]
    write_pairs(tmp_path, rows.with_columns(missing))
    rows.drop_nulls("split").write_parquet(tmp_path / "placed.parquet")
    (tmp_path / "dataset").mkdir()
    (tmp_path / "placed.parquet").rename(tmp_path / "dataset" / "pairs.parquet")
    return HeldOutPairs(tmp_path, tmp_path / "dataset", {})


@pytest.mark.parametrize(
    ("seen", "left_out", "related"),
    [
        ({"c1"}, set(), 0),
        ({"a1"}, {"a1", "a2", "a3"}, 2),
        ({"x"}, {"a2"}, 1),
        ({"gone"}, set(), 0),
    ],
)
def test_a_query_is_left_out_if_a_model_knows_its_text_its_passage_or_its_group(
    held_out: HeldOutPairs, seen: set[str], left_out: set[str], related: int
) -> None:
    found, counts = seen_in_training(held_out, "test", {"champion": frozenset(seen)})
    assert found == left_out
    assert counts["related_to_seen"] == related


def test_a_query_that_reads_as_a_known_passage_is_not_known_by_it(held_out: HeldOutPairs) -> None:
    marks = held_out.marks()
    assert marks["b1"] & marks["b2"] == {("group", "b")}
