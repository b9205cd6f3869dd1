"""Triplets from a history: a test, a change that concerned it, and a change that it ran through unaffected.

Each relevant (test, build) pair gives at most one triplet: a second one could only repeat the pair with another
negative, and a batch has plenty of those. Everything is decided on integers; texts are joined to what is left.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from domain_ft.history.relevance import SLICES, IndexedHistory, index_history, label_indexed
from domain_ft.history.tables import History
from domain_ft.mining.candidates import Candidates, Flags, Integers, Pairs, find_candidates
from domain_ft.mining.funnel import Fate, PairLosses, mining_funnel
from domain_ft.mining.hard import hard_negatives
from domain_ft.mining.result import FunnelRow
from domain_ft.mining.seeding import Choice, Keys, draw, id_keys
from domain_ft.mining.settings import FLAKY_FROM_RUNS, TripletSettings
from domain_ft.splits.by_time import SPLITS


@dataclass(frozen=True)
class MinedTriplets:
    """What mining gives.

    `triplets`: anchor, positive, negative, test_id, positive_build, negative_build, split, slice, in the order of
    (split, test_id, time of the positive build). `counts`: triplets per split.
    """

    triplets: pl.DataFrame
    funnel: tuple[FunnelRow, ...]
    counts: dict[str, int]


@dataclass(frozen=True)
class _Ground:
    """What the choice of every split stands on."""

    indexed: IndexedHistory
    candidates: Candidates
    test_keys: Keys
    settings: TripletSettings

    @property
    def tests(self) -> int:
        return self.indexed.tests.height

    def draw(self, choice: Choice, pairs: Pairs) -> Keys:
        """The lots (pairs,) of a choice."""
        return draw(self.settings.seed, choice, self.test_keys[pairs.test], self.candidates.builds.key[pairs.build])


@dataclass(frozen=True)
class _Part:
    """One split's triplets as row numbers, and what became of its tests and relevant runs."""

    pairs: Pairs
    negative: Integers
    slices: Integers
    fates: Integers
    losses: PairLosses


def mine_triplets(history: History, splits: pl.DataFrame, settings: TripletSettings) -> MinedTriplets:
    """Mine the triplets of all splits; the result does not depend on the row order of any input.

    `splits` has build_id and split (null = left out), see `split_by_time`. Positive and negative are of the same
    split, and tests are judged by their runs up to the end of that split. `settings.sample_size` is applied
    before, by `newest_runs`, since the splits must be of the sample's builds.
    """
    indexed = index_history(history)
    candidates = find_candidates(indexed, label_indexed(indexed.runs, settings.relevance), splits)
    ground = _Ground(indexed, candidates, id_keys(indexed.tests["test_id"]), settings)
    parts = [_mine_split(split, ground) for split in range(len(SPLITS))]
    counts = {name: len(part.pairs) for name, part in zip(SPLITS, parts, strict=True)}
    train = parts[SPLITS.index("train")]
    funnel = mining_funnel(history.runs.height, candidates, train.fates, train.losses, counts, settings)
    return MinedTriplets(_with_texts(indexed, parts), funnel, counts)


def _mine_split(split: int, ground: _Ground) -> _Part:
    candidates, builds = ground.candidates, ground.candidates.builds
    chosen = np.flatnonzero(builds.split[candidates.relevant.build] == split)
    positives = candidates.relevant.take(chosen)
    negatives = candidates.unaffected.take(builds.split[candidates.unaffected.build] == split)
    conflict, negative_conflict = _conflicts(positives, negatives, builds.text)
    clean = negatives.take(~negative_conflict) if negative_conflict.any() else negatives
    reasons = {
        **_reasons_by_record(split, ground),
        Fate.NO_CHANGE_TEXT: positives.per_test(ground.tests) == 0,
        Fate.NO_UNAFFECTED_CHANGE: negatives.per_test(ground.tests) == 0,
        Fate.CONFLICTING_TEXT: (positives.take(~conflict).per_test(ground.tests) == 0)
        | (clean.per_test(ground.tests) == 0),
    }
    of_valid = ~np.logical_or.reduce(list(reasons.values()))[positives.test]
    eligible = np.flatnonzero(of_valid & ~conflict)
    per_build = _cap_per_build(positives.take(eligible), ground)
    per_test = _cap_per_test(positives.take(eligible[per_build]), ground)
    kept = eligible[per_build][per_test]
    pairs = positives.take(kept)
    reasons[Fate.OVER_MAX_PER_BUILD] = pairs.per_test(ground.tests) == 0
    return _Part(
        pairs=pairs,
        negative=_choose_negatives(pairs, clean, ground),
        slices=candidates.slices[chosen][kept],
        fates=np.select(list(reasons.values()), list(reasons), default=Fate.VALID),
        losses=PairLosses(
            of_left_out_tests=int((~of_valid).sum()),
            conflicting=int((of_valid & conflict).sum()),
            over_max_per_build=int((~per_build).sum()),
            over_max_per_test=int((~per_test).sum()),
        ),
    )


def _reasons_by_record(split: int, ground: _Ground) -> dict[Fate, Flags]:
    """Per reason, the tests (tests,) that their text or their record up to the split's end rules out."""
    tally, settings = ground.candidates.tally, ground.settings
    failing, passing = tally.failing[:, split], tally.passing[:, split]
    flip_share = tally.flips[:, split] / np.maximum(tally.compared[:, split], 1)
    in_period = ground.candidates.builds.period[ground.candidates.relevant.build] == split
    text = ground.indexed.tests["text"].fill_null("").str.strip_chars()
    return {
        Fate.WITHOUT_TEXT: (text == "").to_numpy(),
        Fate.NOT_RUN: failing + passing == 0,
        Fate.FEW_FAILING_BUILDS: failing < settings.min_fail_builds,
        Fate.FEW_PASSING_BUILDS: passing < settings.min_pass_builds,
        Fate.FLAKY: (failing + passing >= FLAKY_FROM_RUNS) & (flip_share > settings.flaky_threshold),
        Fate.NO_RELEVANT_CHANGE: ground.candidates.relevant.take(in_period).per_test(ground.tests) == 0,
    }


def _conflicts(positives: Pairs, negatives: Pairs, text: Integers) -> tuple[Flags, Flags]:
    """Which positives and which negatives have a text that is on the other side, too, for the same test."""
    # Only a text that several builds share can be on both sides: a test runs once in a build.
    shared = np.bincount(text) > 1
    of_positives, in_positives = _shared_texts(positives, text, shared)
    of_negatives, in_negatives = _shared_texts(negatives, text, shared)
    both = np.intersect1d(of_positives, of_negatives)
    positive, negative = np.zeros(len(positives), dtype=bool), np.zeros(len(negatives), dtype=bool)
    positive[in_positives[np.isin(of_positives, both)]] = True
    negative[in_negatives[np.isin(of_negatives, both)]] = True
    return positive, negative


def _shared_texts(pairs: Pairs, text: Integers, shared: Flags) -> tuple[Integers, Integers]:
    """A number per (test, text) of the pairs whose text is shared, and which pairs these are."""
    chosen = np.flatnonzero(shared[text[pairs.build]])
    return pairs.test[chosen] * len(shared) + text[pairs.build[chosen]], chosen


def _cap_per_build(pairs: Pairs, ground: _Ground) -> Flags:
    limit = ground.settings.max_per_build
    if limit is None:
        return np.ones(len(pairs), dtype=bool)
    return _place_in_group(pairs.build, ground.draw(Choice.WITHIN_BUILD, pairs), pairs.test) < limit


def _cap_per_test(pairs: Pairs, ground: _Ground) -> Flags:
    lot = ground.draw(Choice.WITHIN_TEST, pairs)
    return _place_in_group(pairs.test, lot, pairs.build) < ground.settings.max_triplets_per_test


def _place_in_group(group: Integers, lot: Keys, tie: Integers) -> Integers:
    """The place (n,) of each element among those of its group, in the order of the lots."""
    order = np.lexsort((tie, lot, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return places


def _choose_negatives(pairs: Pairs, negatives: Pairs, ground: _Ground) -> Integers:
    """The negative build of each pair (pairs,)."""
    counts = negatives.per_test(ground.tests)
    starts = np.cumsum(counts) - counts
    lot = ground.draw(Choice.NEGATIVE, pairs)
    if ground.settings.negatives == "hard":
        return hard_negatives(pairs, negatives.build, starts, counts, lot, ground.indexed)
    place = (lot % counts[pairs.test].astype(np.uint64)).astype(np.int64)
    chosen: Integers = negatives.build[starts[pairs.test] + place]
    return chosen


def _with_texts(indexed: IndexedHistory, parts: list[_Part]) -> pl.DataFrame:
    test = np.concatenate([part.pairs.test for part in parts])
    positive = np.concatenate([part.pairs.build for part in parts])
    negative = np.concatenate([part.negative for part in parts])
    split = np.repeat(np.arange(len(parts)), [len(part.pairs) for part in parts])
    slices = np.concatenate([part.slices for part in parts])
    builds, tests = indexed.builds, indexed.tests
    return pl.DataFrame(
        {
            "anchor": tests["text"].gather(test),
            "positive": builds["change_text"].gather(positive),
            "negative": builds["change_text"].gather(negative),
            "test_id": tests["test_id"].gather(test),
            "positive_build": builds["build_id"].gather(positive),
            "negative_build": builds["build_id"].gather(negative),
            "split": pl.Series(SPLITS).gather(split),
            "slice": pl.Series(SLICES).gather(slices),
        }
    )
