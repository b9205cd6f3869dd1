"""The records of a search are drawn from train and validation, and none of them is one to be judged by."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.prompt_search.rows import SearchRows, draw_rows
from domain_ft.prompt_search.settings import PromptSearchSettings
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder
from domain_ft_tests.adapter.conftest import record_of
from domain_ft_tests.prompt_search.conftest import Searched

Record = dict[str, Any]


def drawn(dataset: Path, **changes: Any) -> SearchRows:
    return draw_rows(dataset, PromptSearchSettings.model_validate(changes))


def published(home: Home, **parts: list[Record]) -> Path:
    """A dataset whose parts are what a test wants them to be, whatever a sound one would hold."""

    def write(folder: Path) -> dict[str, Any]:
        for name, records in parts.items():
            (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records))
        return {"digest": "d" * 12, "made_from": "requirements", "settings": {}}

    return publish_folder(home.fixed("requirements") / "odd", write)


def some(*numbers: int) -> list[Record]:
    return [record_of(number) for number in numbers]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(train=st.integers(1, 20), validation=st.integers(1, 9), seed=st.integers(0, 99))
def test_so_many_are_drawn_in_their_order_and_none_of_test(
    searched: Searched, train: int, validation: int, seed: int
) -> None:
    found = drawn(searched.dataset, train_limit=train, validation_limit=validation, seed=seed)
    shown, asked = [question.concept for question, _ in found.train], [each.concept for each in found.validation]
    order = [record["concept"] for record in searched.records]
    assert len(shown) == min(train, 12)
    assert len(asked) == min(validation, 3)
    assert shown == sorted(set(shown), key=order.index)
    assert asked == sorted(set(asked), key=order.index)
    assert not {*shown, *asked} & {record["concept"] for record in searched.records[15:]}


def test_equal_seeds_draw_equal_records(searched: Searched) -> None:
    one, other, third = (drawn(searched.dataset, train_limit=4, seed=seed) for seed in (1, 1, 2))
    assert one == other != third


@pytest.mark.parametrize("part", ["test", "curated"])
def test_a_record_of_test_is_refused(home: Home, part: str) -> None:
    parts = {"train": some(0, 1), "validation": some(2), "test": some(3), part: [{**record_of(1), "concept_id": "X"}]}
    with pytest.raises(InputError, match=rf"{part}\.jsonl: holds BCON-0001"):
        drawn(published(home, **parts))


def test_a_validation_record_of_test_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match=r"test\.jsonl: holds BCON-0002"):
        drawn(published(home, train=some(0), validation=some(2), test=some(2)))


def test_a_record_of_train_and_validation_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match=r"BCON-0001 \(.*\) stands in train and in validation"):
        drawn(published(home, train=some(0, 1), validation=some(1), test=some(3)))


def test_an_empty_validation_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match=r"validation\.jsonl: holds no record to score prompts on"):
        drawn(published(home, train=some(0), validation=[], test=some(3)))


def test_a_train_without_answers_is_refused(home: Home) -> None:
    silent = {name: value for name, value in record_of(0).items() if name != "requirements"}
    with pytest.raises(InputError, match=r"train\.jsonl: holds no record with an answer"):
        drawn(published(home, train=[silent], validation=some(1), test=some(3)))
