"""The runs that triplets can be made of, as arrays of integers, and what is known of each test at each time.

Every count that decides about a test is taken at the end of a split's period, never later: what a training
triplet is made of must not depend on builds that the model is judged on.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from domain_ft.history.relevance import SLICES, IndexedHistory, slice_of_run
from domain_ft.mining.seeding import Keys, id_keys
from domain_ft.splits.by_time import SPLITS
from domain_ft.words import normalized

Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

_LATER = len(SPLITS)
"""The period of builds that are newer than every build of every split."""


@dataclass(frozen=True)
class Builds:
    """What the miner knows of the builds, each an array (builds,) in the order of time."""

    key: Keys
    split: Integers
    """Number in `SPLITS`; -1 where the build is left out or has no change text."""
    period: Integers
    """Number of the split in whose time the build lies, left out or not."""
    text: Integers
    """Equal for builds of one split whose change texts are equal after normalization."""
    without_text: Flags


@dataclass(frozen=True)
class Pairs:
    """Runs as pairs of a test and a build, in the order of (test, build); each an array (pairs,)."""

    test: Integers
    build: Integers

    def take(self, keep: Flags | Integers) -> "Pairs":
        """The pairs that a mask or an index chooses."""
        return Pairs(self.test[keep], self.build[keep])

    def per_test(self, tests: int) -> Integers:
        """Pairs of each test."""
        return np.bincount(self.test, minlength=tests)

    def __len__(self) -> int:
        return len(self.test)


@dataclass(frozen=True)
class Tally:
    """Per test and period, counted from the beginning of time: each an array (tests, splits)."""

    failing: Integers
    passing: Integers
    flips: Integers
    compared: Integers
    """Runs with a known previous verdict, that is, those that could flip."""


@dataclass(frozen=True)
class Candidates:
    """The input of the choice: relevant runs (any build), unaffected runs (usable builds), and the tallies."""

    builds: Builds
    relevant: Pairs
    slices: Integers
    """Of each relevant run: number in `SLICES`."""
    unaffected: Pairs
    tally: Tally
    labelled: int
    """Runs with a verdict of pass, fail or error."""


def find_candidates(indexed: IndexedHistory, labelled: pl.DataFrame, splits: pl.DataFrame) -> Candidates:
    """Sort the labelled runs (see `label_indexed`) into candidates; `splits` has build_id and split."""
    builds = _builds(indexed.builds, splits)
    build = labelled["build"].to_numpy()
    usable = (builds.split >= 0)[build]
    relevant = labelled.filter("relevant").with_columns(slice=slice_of_run())
    unaffected = labelled.select("test", "build").filter(labelled["unaffected"] & pl.Series(usable))
    return Candidates(
        builds=builds,
        relevant=_pairs(relevant),
        slices=relevant["slice"].cast(pl.Enum(SLICES)).to_physical().to_numpy().astype(np.int64),
        unaffected=_pairs(unaffected),
        tally=_tally(labelled, builds.period[build], indexed.tests.height),
        labelled=labelled.height,
    )


def _builds(builds: pl.DataFrame, splits: pl.DataFrame) -> Builds:
    names = builds.select("build_id").join(
        splits.select("build_id", "split"), on="build_id", how="left", maintain_order="left"
    )["split"]
    split = names.replace_strict(list(SPLITS), range(len(SPLITS)), default=-1, return_dtype=pl.Int64).to_numpy()
    last = [np.flatnonzero(split == number)[-1:] for number in range(len(SPLITS))]
    ends = np.maximum.accumulate([int(place[0]) if len(place) else -1 for place in last])
    texts = [normalized(text or "") for text in builds["change_text"]]
    groups = pl.DataFrame({"split": split, "text": texts}, schema_overrides={"text": pl.String})
    without_text = np.array([not text for text in texts], dtype=bool)
    return Builds(
        key=id_keys(builds["build_id"]),
        split=np.where(without_text, -1, split),
        period=np.searchsorted(ends, np.arange(builds.height), side="left"),
        text=groups.select(pl.struct("split", "text").rank("dense"))["split"].to_numpy().astype(np.int64),
        without_text=without_text,
    )


def _pairs(runs: pl.DataFrame) -> Pairs:
    return Pairs(*(runs[name].to_numpy().astype(np.int64) for name in ("test", "build")))


def _tally(labelled: pl.DataFrame, period: Integers, tests: int) -> Tally:
    slot = labelled["test"].to_numpy() * np.int64(_LATER + 1) + period
    failed = labelled["failed"].to_numpy()

    def count(chosen: npt.NDArray[np.int64]) -> Integers:
        table = np.bincount(chosen, minlength=tests * (_LATER + 1)).reshape(tests, _LATER + 1)
        return np.cumsum(table, axis=1)[:, :_LATER]

    return Tally(
        failing=count(slot[failed]),
        passing=count(slot[~failed]),
        flips=count(slot[labelled["flipped"].to_numpy()]),
        compared=count(slot[labelled["previous_failed"].is_not_null().to_numpy()]),
    )
