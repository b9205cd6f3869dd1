"""What each setting of an index changes in what is found."""

from pathlib import Path

import pytest

from domain_ft.passage_index.passage_table import PassageTable
from domain_ft.passage_index.query import Asked
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.store.vectors import FloatArray
from domain_ft_tests.passage_index.tables import built_table, opened, passages_of, unit_vectors


@pytest.mark.parametrize(
    ("setting", "text", "query"),
    [
        ({"stem": (True, False)}, "one pump leaks", "pumps"),
        ({"stop_words": (False, True)}, "the pump leaks", "the"),
        ({"language": ("German", "English")}, "eine Pumpe leckt", "Pumpen"),
    ],
)
def test_words_are_found_as_the_setting_says(
    tmp_path: Path, setting: dict[str, tuple[object, object]], text: str, query: str
) -> None:
    [(name, values)] = setting.items()
    for value, expected in zip(values, (True, False), strict=True):
        folder = tmp_path / str(value)
        settings = IndexSettings.model_validate({name: value})
        built_table(folder, passages_of([text, "oil"]), unit_vectors(2), settings=settings)
        assert bool(PassageTable(folder).matching(query, 5).rows) is expected


def test_as_many_of_each_order_are_put_together_as_the_depth_says(tmp_path: Path) -> None:
    vectors = unit_vectors(30)
    built = built_table(tmp_path, passages_of([f"pump {number}" for number in range(30)]), vectors)
    for depth in (10, 20):
        index = opened(tmp_path, built, settings=IndexSettings(depth=depth))
        found = index.search(Asked("pump", k=5), lambda _: vectors[29]).results
        assert len(found) == 5
        ranks = [rank for each in found for rank in (each.vector_rank, each.words_rank) if rank is not None]
        assert max(ranks) <= depth
    wide, narrow = (
        {each.passage_id for each in opened(tmp_path, built, settings=IndexSettings(depth=depth)).search(
            Asked("pump", k=10), lambda _: vectors[29]
        ).results}
        for depth in (30, 10)
    )  # fmt: skip
    assert wide != narrow


def test_as_many_characters_are_looked_at_as_the_setting_says(tmp_path: Path) -> None:
    vectors, seen = unit_vectors(2), list[str]()

    def encode(text: str) -> FloatArray:
        seen.append(text)
        return vectors[0]

    built = built_table(tmp_path, passages_of(["pump", "oil"]), vectors)
    opened(tmp_path, built, settings=IndexSettings(longest_query=100)).search(Asked("pump " * 100), encode)
    assert [len(text) for text in seen] == [99]
