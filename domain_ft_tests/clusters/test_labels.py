"""What clusters are called."""

import numpy as np

from domain_ft.clusters.labels import cluster_labels

PUMPS = [f"the pump leaks oil at seal {n}" for n in range(6)]
BELTS = [f"tighten the belts and the belt tension at roller {n}" for n in range(6)]


def labels(*clusters: list[str]) -> tuple[tuple[str, ...], ...]:
    numbers = [number for number, texts in enumerate(clusters) for _ in texts]
    return cluster_labels([text for texts in clusters for text in texts], np.array(numbers), len(clusters))


def test_a_cluster_is_called_by_words_that_no_other_one_is_called_by() -> None:
    first, second = labels([*PUMPS, "belt"], BELTS)
    assert set(first) == {"pump", "leaks", "oil", "seal"}
    assert not set(first) & set(second)


def test_articles_numbers_and_the_plural_of_a_word_name_nothing() -> None:
    _, second = labels(PUMPS, BELTS)
    assert "the" not in second
    assert "belts" in second or "belt" in second
    assert not {"belts", "belt"} <= set(second)
    assert all(word.isalpha() for word in second)


def test_one_long_text_does_not_name_a_cluster() -> None:
    first, _ = labels([*PUMPS, "zebra " * 500], BELTS)
    assert "zebra" not in first


def test_a_cluster_without_words_of_its_own_has_no_label() -> None:
    assert labels(PUMPS, ["1 2 3", "4 5 6"])[1] == ()
