"""What a starter base model is made by: its size, its shape, how long it reads; and the name that follows from it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from domain_ft.requirements.grammar import load_grammar
from domain_ft.starter_lm.phrases import PHRASES
from domain_ft.store.digests import sha256_file, sha256_json, short

STARTER_CODE_VERSION = 3
"""Raise this when the same recipe would make another model than before."""

Size = Literal["xs", "s", "m"]
STARTER = "starter"
_DEFAULT: Size = "s"


@dataclass(frozen=True)
class Stage:
    """A part of the reading: so many steps on blocks of one length, and how much of it are drills in copying."""

    steps: int
    blocks: int
    """Blocks of a step."""
    length: int
    """Tokens of a block."""
    drills: float
    """Share of the documents that only ask for words again."""


@dataclass(frozen=True)
class Recipe:
    """The shape of a model, and how it is trained."""

    size: Size
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    learning_rate: float
    warmup: int
    """Steps until the learning rate is reached."""
    stages: tuple[Stage, ...]
    vocabulary: int = 2048
    """Tokens, at most: the special ones, the 256 bytes, and what was merged of them."""
    positions: int = 2048
    """Tokens of a question and its answer together, at most."""
    weight_decay: float = 0.1
    seed: int = 42

    @property
    def steps(self) -> int:
        """Training steps in all."""
        return sum(stage.steps for stage in self.stages)

    def described(self) -> dict[str, Any]:
        """Everything that the model follows from, as a JSON value."""
        texts = {"grammar": load_grammar().digest, "phrases": sha256_file(PHRASES)}
        stages = [asdict(stage) for stage in self.stages]
        return {**asdict(self), "stages": stages, **texts, "code": STARTER_CODE_VERSION}

    @property
    def digest(self) -> str:
        """12 hex digits of all that; the same recipe, the same name."""
        return short(sha256_json(self.described()))


_FIRST = Stage(300, 4, 128, 1.0)
_RECIPES: dict[Size, Recipe] = {
    "xs": Recipe("xs", 64, 3, 2, 192, 3e-3, 40, (Stage(100, 4, 128, 1.0), Stage(40, 1, 1024, 0.3))),
    "s": Recipe("s", 192, 4, 6, 512, 1.5e-3, 200, (_FIRST, Stage(1000, 2, 512, 0.3), Stage(400, 1, 1024, 0.3))),
    "m": Recipe("m", 384, 5, 6, 1024, 1e-3, 200, (_FIRST, Stage(1400, 2, 512, 0.3), Stage(600, 1, 1024, 0.3))),
}


def recipe_of(size: Size) -> Recipe:
    """The recipe of a size."""
    return _RECIPES[size]


def starter_size(name: str) -> Size | None:
    """The size that `starter`, `starter-xs`, `starter-s` or `starter-m` names; None for a name of something else."""
    if name == STARTER:
        return _DEFAULT
    return next((size for size in get_args(Size) if name == f"{STARTER}-{size}"), None)
