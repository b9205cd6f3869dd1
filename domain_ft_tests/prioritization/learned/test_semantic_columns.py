"""Embeddings as columns for the ranking trees."""

from dataclasses import replace

import numpy as np
import pytest

from domain_ft.prioritization.learned.lambdarank import fit_lambdarank
from domain_ft.prioritization.learned.rows import Vectors
from domain_ft.prioritization.learned.semantic_columns import Components, SemanticColumns, cosines
from domain_ft.prioritization.learned.settings import LambdarankSettings
from domain_ft_tests.prioritization.learned.made_rows import NAMES, made_rows

ROWS, VECTORS = made_rows(40, seed=1, semantic=1.0)


def test_the_cosine_is_that_of_the_rows_own_change_and_test():
    row = 37
    expected = VECTORS.change[ROWS.change[row]] @ VECTORS.test[ROWS.test[row]]
    assert cosines(ROWS.change, ROWS.test, VECTORS, rows_at_once=10)[row] == pytest.approx(expected, abs=1e-6)


def test_the_cosine_with_a_missing_text_is_unknown():
    missing = Vectors(np.zeros_like(VECTORS.change), VECTORS.test)
    assert np.isnan(cosines(ROWS.change, ROWS.test, missing)).all()


def test_without_components_the_cosine_stands_alone():
    columns = SemanticColumns.fit(ROWS, VECTORS)
    assert columns.names == ("cosine",)
    assert columns.of(ROWS, VECTORS).shape == (len(ROWS), 1)


def test_each_component_is_a_named_column():
    columns = SemanticColumns.fit(ROWS, VECTORS, components=2)
    assert columns.names == ("cosine", "change_component_1", "change_component_2", "test_component_1",
                             "test_component_2")  # fmt: skip
    assert columns.of(ROWS, VECTORS).shape == (len(ROWS), 5)


def test_components_are_fitted_on_the_training_rows_alone():
    train = ROWS.take(ROWS.build < 20)
    elsewhere = replace(VECTORS, change=np.concatenate([VECTORS.change[:20], -VECTORS.change[20:] * 9]))
    first, second = (SemanticColumns.fit(train, vectors, 3) for vectors in (VECTORS, elsewhere))
    np.testing.assert_array_equal(first.change.directions, second.change.directions)


def test_components_are_the_widest_directions_in_their_order():
    generator = np.random.default_rng(2)
    vectors = (generator.normal(size=(500, 4)) * [1, 9, 3, 0.1] + 5).astype(np.float32)
    found = Components.fit(vectors, 2)
    np.testing.assert_allclose(np.abs(found.directions), [[0, 0], [1, 0], [0, 1], [0, 0]], atol=0.05)
    assert found.of(vectors).std(axis=0) == pytest.approx([9, 3], rel=0.1)


def test_more_components_than_dimensions_are_all_there_are():
    assert SemanticColumns.fit(ROWS, VECTORS, 1000).of(ROWS, VECTORS).shape[1] == 1 + 2 * VECTORS.change.shape[1]


def test_trees_learn_from_the_cosine():
    columns = SemanticColumns.fit(ROWS, VECTORS)
    wider = ROWS.with_columns(columns.of(ROWS, VECTORS))
    trees = fit_lambdarank(wider, wider, (*NAMES, *columns.names), LambdarankSettings(trees=20), 1, 1)
    assert next(iter(trees.importance())) == "cosine"
