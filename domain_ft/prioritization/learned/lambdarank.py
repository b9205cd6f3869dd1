"""Ranking trees: LightGBM's lambdarank, each build a query and its failing tests what is to come first.

Burges, From RankNet to LambdaRank to LambdaMART, MSR-TR-2010-82. Seeded, and the same for any number of threads.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain_ft.errors import DomainFtError
from domain_ft.prioritization.judged_runs import FloatArray, IntArray
from domain_ft.prioritization.learned.rows import LearningRows, Matrix
from domain_ft.prioritization.learned.settings import LambdarankSettings
from domain_ft.progress import Progress, silent

MOST_ROWS_PER_BUILD = 10_000
"""LightGBM refuses queries with more rows."""


@dataclass(frozen=True)
class Taught:
    """What the trees have learned from."""

    builds: int
    rows: int
    left_out_builds: int
    """Builds of the training rows that teach no order: all of their tests passed, or all failed."""
    left_out_rows: int
    """Rows of builds with more than MOST_ROWS_PER_BUILD, drawn by seed."""
    trees: int
    validation_builds: int
    """Builds that told when to stop; with none, all trees were grown."""


@dataclass(frozen=True)
class Lambdarank:
    """Fitted trees."""

    booster: Any
    """A lightgbm.Booster."""
    taught: Taught | None = None
    """None once loaded from a file."""
    threads: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The features, in the order of their columns."""
        return tuple(self.booster.feature_name())

    def scores(self, features: Matrix) -> FloatArray:
        """The higher, the earlier (n,) for features (n, f); comparable within a build only."""
        if features.shape[1] != len(self.names):
            raise ValueError(f"{features.shape[1]} features, but the trees know {len(self.names)}")
        if not len(features):
            return np.empty(0)
        scores: FloatArray = np.asarray(self.booster.predict(features, num_threads=self.threads), dtype=np.float64)
        return scores

    def importance(self) -> dict[str, float]:
        """Each feature's share of what all splits have gained, largest first; all 0 where nothing was split."""
        gains = self.booster.feature_importance("gain")
        shares = gains / (gains.sum() or 1.0)
        return {self.names[place]: float(shares[place]) for place in np.argsort(-shares, kind="stable")}

    def save(self, path: Path) -> None:
        """Write LightGBM's text model."""
        path.write_text(self.booster.model_to_string(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, threads: int = 1) -> "Lambdarank":
        """Read LightGBM's text model; DomainFtError where the file is none."""
        import lightgbm

        _quiet()
        try:
            return cls(lightgbm.Booster(model_str=path.read_text(encoding="utf-8")), threads=threads)
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError):
            raise DomainFtError(f"{path}: not a model of LightGBM; run the prioritization experiment again") from None


def fit_lambdarank(
    train: LearningRows,
    validation: LearningRows,
    names: tuple[str, ...],
    settings: LambdarankSettings,
    seed: int,
    threads: int,
    progress: Progress = silent,
) -> Lambdarank:
    """Grow trees on the training rows' features, `names` by column, until NDCG on validation no longer rises.

    Raises:
        DomainFtError: No training build has both a failing and a passing test.
    """
    import lightgbm

    _quiet()
    if len(names) != train.structural.shape[1]:
        raise ValueError(f"{len(names)} names for {train.structural.shape[1]} features")
    teaching = train.take(train.teaching)
    if not len(teaching):
        raise DomainFtError(
            "no build to learn an order from has both a failing and a passing test; land more history, or use the "
            "orders that learn nothing"
        )
    chosen = teaching.take(_rows_within_limit(teaching, seed))
    learned = lightgbm.Dataset(
        chosen.structural, chosen.failed.astype(np.int8), group=_sizes(chosen), feature_name=list(names)
    )
    judged = validation.take(validation.teaching)
    judged = judged.take(_rows_within_limit(judged, seed))
    callbacks = [lambda state: progress("lambdarank", state.iteration + 1, settings.trees)]
    checked = []
    if len(judged):
        callbacks.append(lightgbm.early_stopping(settings.early_stopping_rounds, verbose=False))
        checked = [learned.create_valid(judged.structural, judged.failed.astype(np.int8), group=_sizes(judged))]
    booster = lightgbm.train(
        _parameters(settings, seed, threads), learned, settings.trees, valid_sets=checked, callbacks=callbacks
    )
    taught = Taught(
        builds=len(_sizes(chosen)),
        rows=len(chosen),
        left_out_builds=len(_sizes(train)) - len(_sizes(chosen)),
        left_out_rows=len(teaching) - len(chosen),
        trees=booster.best_iteration if checked else booster.num_trees(),
        validation_builds=len(_sizes(judged)),
    )
    return Lambdarank(booster, taught, threads)


def _parameters(settings: LambdarankSettings, seed: int, threads: int) -> dict[str, object]:
    return {
        "objective": "lambdarank",
        "lambdarank_truncation_level": settings.truncation_level,
        "metric": "ndcg",
        "eval_at": [MOST_ROWS_PER_BUILD],
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.min_rows_per_leaf,
        "lambda_l2": settings.l2,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbose": -1,
    }


def _sizes(rows: LearningRows) -> IntArray:
    """Rows per build, in their order."""
    return np.unique(rows.build, return_counts=True)[1].astype(np.int64)


def _rows_within_limit(rows: LearningRows, seed: int) -> IntArray:
    """Places of the rows, of too large a build only as many as LightGBM takes: half of them failing, if there are."""
    generator = np.random.default_rng(seed)
    kept = []
    for build in np.split(np.arange(len(rows)), np.cumsum(_sizes(rows))[:-1]):
        failing, passing = (generator.permutation(build[rows.failed[build] == fails]) for fails in (True, False))
        half = MOST_ROWS_PER_BUILD // 2
        most_failing = max(half, MOST_ROWS_PER_BUILD - len(passing))
        failing = failing[:most_failing]
        kept += [failing, passing[: MOST_ROWS_PER_BUILD - len(failing)]]
    return np.sort(np.concatenate([np.empty(0, np.int64), *kept]))


def _quiet() -> None:
    """LightGBM speaks through logging: on stdout it would spoil `--json`."""
    import lightgbm

    lightgbm.register_logger(logging.getLogger("lightgbm"))
