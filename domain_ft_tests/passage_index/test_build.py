"""How a table comes to be searched, and that it finds what an exact search finds."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from domain_ft.passage_index.build import FEWEST_DIVIDED, SLICE
from domain_ft.passage_index.exact import exact_nearest
from domain_ft.passage_index.passage_table import PLAIN_SCAN, PassageTable
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.store.vectors import FloatArray
from domain_ft_tests.passage_index.tables import built_table, passages_of, unit_vectors

COUNT = FEWEST_DIVIDED + SLICE + 1
PASSAGES = passages_of([f"passage number {row}" for row in range(COUNT)])
VECTORS, QUERIES = unit_vectors(COUNT), unit_vectors(40, seed=7)


def found(folder: Path, nearest: object) -> list[tuple[int, ...]]:
    return [PassageTable(folder).nearest(query, 10, nearest).rows for query in QUERIES]  # type: ignore[arg-type]


def true() -> list[tuple[int, ...]]:
    return [hits.rows for hits in exact_nearest(QUERIES, [VECTORS], 10)]


def test_few_passages_are_not_divided(tmp_path: Path) -> None:
    built = built_table(tmp_path, passages_of(["the pump", "the belt"]), unit_vectors(2))
    assert (built.nearest, built.recall) == (PLAIN_SCAN, 1.0)


def test_many_are_divided_and_all_looked_at(tmp_path: Path) -> None:
    built = built_table(tmp_path, PASSAGES, VECTORS, QUERIES)
    assert built.nearest.partitions > 1
    assert built.nearest.exact
    assert built.recall == 1.0
    assert found(tmp_path, built.nearest) == true()


@pytest.fixture(scope="module")
def clustered() -> FloatArray:
    """Vectors in ten tight groups: the nearest of one lie in few partitions."""
    centres = unit_vectors(10, seed=5)
    spread = np.repeat(centres, COUNT // 10 + 1, axis=0)[:COUNT] + 0.05 * unit_vectors(COUNT, seed=6)
    return (spread / np.linalg.norm(spread, axis=1, keepdims=True)).astype(np.float32)


def test_beyond_a_size_only_as_many_partitions_are_looked_at_as_the_recall_takes(
    tmp_path: Path, clustered: FloatArray
) -> None:
    queries = unit_vectors(10, seed=5)
    built = built_table(tmp_path, PASSAGES, clustered, queries, IndexSettings(exact_up_to=0))
    assert not built.nearest.exact
    assert built.recall >= 0.99


def test_a_recall_that_few_partitions_miss_takes_all_of_them(tmp_path: Path) -> None:
    built = built_table(tmp_path, PASSAGES, VECTORS, QUERIES, IndexSettings(exact_up_to=0, minimum_recall=1.0))
    assert built.nearest.exact
    assert [each["recall_at_10"] < 1.0 for each in built.tried] == [True] * (len(built.tried) - 1) + [False]
    assert "less than index.minimum_recall: a search looks at all of them" in built.notes[0]


def test_exact_search_block_by_block_is_exact_search_at_once() -> None:
    blocks = [VECTORS[start : start + 999] for start in range(0, COUNT, 999)]
    cosines = QUERIES @ VECTORS.T
    by_blocks = exact_nearest(QUERIES, blocks, 10)
    assert [list(hits.rows) for hits in by_blocks] == np.argsort(-cosines, axis=1, kind="stable")[:, :10].tolist()


def test_exact_search_in_a_part_sees_that_part_alone() -> None:
    parts = np.arange(COUNT) % 3
    of_queries = np.where(np.arange(len(QUERIES)) % 2, 1, -1)
    hits = exact_nearest(QUERIES, [VECTORS], 10, of_queries, parts)
    assert all(row % 3 == 1 for own in hits[1::2] for row in own.rows)
    assert {row % 3 for row in hits[0].rows} == {0, 1, 2}


def test_every_passage_stands_in_the_table(tmp_path: Path) -> None:
    built_table(tmp_path, PASSAGES, VECTORS)
    assert PassageTable(tmp_path).size == COUNT
    shown = pl.DataFrame(PassageTable(tmp_path).passages([0, COUNT - 1]))
    assert shown["passage_id"].to_list() == ["p0", f"p{COUNT - 1}"]
