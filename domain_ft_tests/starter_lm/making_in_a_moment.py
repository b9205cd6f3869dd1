"""The process that makes a starter, with a recipe of as many steps as the environment says in place of `xs`."""

import os
import sys
from dataclasses import replace

from domain_ft.starter_lm import recipe as recipes
from domain_ft.starter_lm.make import main
from domain_ft.starter_lm.recipe import Recipe, Stage
from domain_ft_tests.starter_lm.conftest import MOMENT

MODULE = "domain_ft_tests.starter_lm.making_in_a_moment"
STEPS = "STEPS_OF_THE_STARTER"


def recipe_of_steps(steps: int) -> Recipe:
    """A recipe that is read in so many steps."""
    return replace(MOMENT, stages=(Stage(steps, 2, 128, 0.5),))


if __name__ == "__main__":
    recipes._RECIPES["xs"] = recipe_of_steps(int(os.environ[STEPS]))
    sys.exit(main(sys.argv[1:]))
