"""A starter's name tells its size, and its recipe tells its folder."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from domain_ft.starter_lm.model import new_model
from domain_ft.starter_lm.recipe import Size, recipe_of, starter_size

PARAMETERS = {"xs": 0.3e6, "s": 2e6, "m": 10e6}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("starter", "s"),
        ("starter-xs", "xs"),
        ("starter-s", "s"),
        ("starter-m", "m"),
        ("starter-l", None),
        ("x/y", None),
    ],
)
def test_a_name_tells_the_size(name: str, size: Size | None) -> None:
    assert starter_size(name) == size


@pytest.mark.parametrize("size", get_args(Size))
def test_a_size_has_about_as_many_parameters_as_it_says(size: Size, tokenizer: Any) -> None:
    weights = new_model(recipe_of(size), tokenizer).parameters()
    assert sum(each.numel() for each in weights) == pytest.approx(PARAMETERS[size], rel=0.15)


def test_another_recipe_has_another_name() -> None:
    recipe = recipe_of("xs")
    assert replace(recipe, seed=1).digest != recipe.digest == replace(recipe).digest


def test_sizes_read_with_one_tokenizer() -> None:
    assert len({(recipe_of(size).vocabulary, recipe_of(size).seed) for size in get_args(Size)}) == 1
