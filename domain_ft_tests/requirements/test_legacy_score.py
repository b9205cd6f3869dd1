"""The replaced system's score, by its own rules, so that its figures can be compared with ours."""

from typing import Any

import pytest

from domain_ft.requirements.legacy_score import legacy_score
from domain_ft_tests.landed_requirements import made
from domain_ft_tests.requirements.records import sound

GOLD: dict[str, Any] = {**sound()["requirements"], "title": "A till for shops", "description": "d" * 100}
CEILING = 6.5
LIST = GOLD["constraints"]


def points(**parts: Any) -> float:
    return legacy_score({**GOLD, **parts}) * 7


def test_its_ceiling_is_not_one() -> None:
    assert points() == pytest.approx(CEILING)


def test_no_answer_has_no_points() -> None:
    assert legacy_score(None) == 0


@pytest.mark.parametrize(
    ("parts", "lost"),
    [
        ({"title": "t" * 9}, 0.5),
        ({"title": "t" * 101}, 0.5),
        ({"title": ""}, 0.5 + 1 / 5),
        ({"description": "d" * 99}, 0.5),
        ({"constraints": LIST[:1]}, 0.5 + 0.5),
        ({"constraints": None}, 1.5 + 1 / 5),
        ({"constraints": "- ["}, 1.5),
        ({"constraints": []}, 0.5 + 0.5 + 1 / 5),
        ({"constraints": [LIST[0], {**LIST[1], "id": "FR002"}]}, 0.5),
        ({"constraints": [LIST[0], {**LIST[1], "priority": ""}]}, 0.5),
    ],
)
def test_what_is_missing_costs_its_points(parts: dict[str, Any], lost: float) -> None:
    assert points(**parts) == pytest.approx(CEILING - lost)


@pytest.mark.parametrize("right", ["C1", "C01", "C0001"])
def test_an_id_of_any_number_of_digits_is_good_enough_for_it(right: str) -> None:
    assert points(constraints=[{**item, "id": right} for item in LIST]) == pytest.approx(CEILING)


def test_every_gold_answer_has_the_same() -> None:
    assert {round(legacy_score(record["requirements"]), 4) for record in made(50)} == {round(CEILING / 7, 4)}
