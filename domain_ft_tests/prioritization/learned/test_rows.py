"""The rows that orders are learned from."""

import numpy as np
import pytest

from domain_ft.prioritization.learned.rows import LearningRows
from domain_ft_tests.prioritization.learned.made_rows import made_rows


def test_only_builds_with_both_outcomes_teach_an_order():
    build = np.array([0, 0, 1, 1, 2])
    failed = np.array([True, False, True, True, False])
    rows = LearningRows(build, failed, np.zeros((5, 1), np.float32), build, build)
    assert rows.teaching.tolist() == [True, True, False, False, False]


def test_further_columns_stand_behind_the_own_ones():
    rows, _ = made_rows(2, 3)
    wider = rows.with_columns(np.ones((6, 2), np.float32))
    assert wider.structural.shape == (6, 5)
    assert wider.structural.dtype == np.float32
    assert (wider.structural[:, 3:] == 1).all()
    np.testing.assert_array_equal(wider.structural[:, :3], rows.structural)


def test_chosen_rows_keep_all_that_belongs_to_them():
    rows, _ = made_rows(3, 4)
    taken = rows.take(rows.build == 1)
    assert taken.build.tolist() == [1] * 4
    assert taken.test.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(taken.structural, rows.structural[4:8])


def test_rows_of_a_build_that_stand_apart_are_refused():
    build = np.array([0, 1, 0])
    with pytest.raises(ValueError, match="in the order of their build"):
        LearningRows(build, build == 1, np.zeros((3, 1), np.float32), build, build)


def test_arrays_of_different_length_are_refused():
    build = np.array([0, 1])
    with pytest.raises(ValueError, match="differ in length"):
        LearningRows(build, build == 1, np.zeros((3, 1), np.float32), build, build)


def test_a_row_without_a_place_among_the_vectors_is_refused():
    build = np.array([0, 1])
    with pytest.raises(ValueError, match="give a missing text a row of zeros"):
        LearningRows(build, build == 1, np.zeros((2, 1), np.float32), build, build - 1)
