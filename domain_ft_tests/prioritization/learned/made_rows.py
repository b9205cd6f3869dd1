"""LearningRows in which what fails can be learned: from one feature, from the fit of two vectors, or from both."""

from typing import Any

import numpy as np

from domain_ft.prioritization.learned.rows import LearningRows, Vectors

NAMES = ("failure_rate", "noise", "mostly_unknown")
DIMENSION = 16


def made_rows(builds: int, tests: int = 30, seed: int = 0, semantic: float = 0.0) -> tuple[LearningRows, Vectors]:
    """A test fails where its failure rate (and, as `semantic` says, its fit to the change) and some noise are high."""
    generator = np.random.default_rng(seed)
    vectors = made_vectors(builds, tests)
    build = np.repeat(np.arange(builds), tests)
    test = np.tile(np.arange(tests), builds)
    rate = generator.random(len(build))
    unknown = np.where(generator.random(len(build)) < 0.8, np.nan, generator.random(len(build)))
    fit = (vectors.change[build] * vectors.test[test]).sum(axis=1) * np.sqrt(DIMENSION)
    cause = (1 - semantic) * (rate - 0.5) * np.sqrt(12) + semantic * fit + generator.normal(0, 0.3, len(build))
    structural = np.column_stack([rate, generator.random(len(build)), unknown]).astype(np.float32)
    return LearningRows(build, cause > 1, structural, build, test), vectors


def made_vectors(changes: int, tests: int) -> Vectors:
    """Unit vectors, the same for every seed of the rows."""
    generator = np.random.default_rng(99)
    return Vectors(
        _units(generator.normal(size=(changes, DIMENSION))), _units(generator.normal(size=(tests, DIMENSION)))
    )


def _units(vectors: Any) -> Any:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
