"""Structural features as a network can take them: centred, scaled, without gaps, and with a flag for each gap."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain_ft.prioritization.learned.rows import Matrix

_FARTHEST = 5.0
"""Standard deviations beyond which a value is cut: one count of ten thousand must not drown the rest."""


@dataclass(frozen=True)
class StructuralInputs:
    """What the training rows say of the features; later rows are only measured by it."""

    mean: npt.NDArray[np.float32]
    deviation: npt.NDArray[np.float32]
    gaps: npt.NDArray[np.int64]
    """The columns that are unknown somewhere in the training rows; each has a flag."""

    @classmethod
    def fit(cls, features: Matrix) -> "StructuralInputs":
        """Mean and standard deviation of the known values of features (n, f)."""
        known = np.isfinite(features)
        count = np.maximum(known.sum(axis=0), 1)
        values = np.where(known, features, 0).astype(np.float64)
        mean = values.sum(axis=0) / count
        deviation = np.sqrt((np.where(known, values - mean, 0) ** 2).sum(axis=0) / count)
        deviation[deviation < 1e-6 * np.maximum(np.abs(mean), 1)] = 1.0
        return cls(mean.astype(np.float32), deviation.astype(np.float32), np.flatnonzero(~known.all(axis=0)))

    @property
    def width(self) -> int:
        return len(self.mean) + len(self.gaps)

    def of(self, features: Matrix) -> Matrix:
        """Inputs (n, f + gaps): standardized values, the unknown ones at the mean (0), and 1 where one was unknown."""
        known = np.isfinite(features)
        values = np.clip((np.where(known, features, self.mean) - self.mean) / self.deviation, -_FARTHEST, _FARTHEST)
        return np.concatenate([values, ~known[:, self.gaps]], axis=1, dtype=np.float32)
