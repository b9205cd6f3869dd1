"""The tokenizer of every starter, the smallest starter, and a recipe that is read in a moment."""

from dataclasses import replace
from typing import Any

import pytest

from domain_ft.starter_lm.folder import starter_tokenizer
from domain_ft.starter_lm.recipe import Recipe, Stage, recipe_of
from domain_ft_tests.tiny_starter import starter_xs  # noqa: F401

MOMENT = replace(recipe_of("xs"), hidden=48, layers=2, stages=(Stage(4, 2, 128, 0.5), Stage(4, 1, 512, 0.0)))
"""A model that learns nothing, in eight steps."""


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """The tokenizer as it is trained, before it is saved."""
    return starter_tokenizer(recipe_of("xs"))


@pytest.fixture
def moment() -> Recipe:
    """The recipe of a model that is trained in a moment."""
    return MOMENT
