"""Why a test stands where it stands, in words: what it shares with the change, what an earlier change like this one
did to it, and what its own last runs say."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from domain_ft.amounts import counted
from domain_ft.prioritization.features import FeatureTable, Rows
from domain_ft.prioritization.settings import LookbackSettings
from domain_ft.prioritization.similar_changes import nearest_changes, similar_by_words
from domain_ft.prioritization.timeline import Timeline
from domain_ft.prioritization.word_counts import ANY_TEST, WordCounts
from domain_ft.safe_text import brief, one_line

_WORDS, _LETTERS = 4, 60
_COMMON = 0.2
"""A word that more than this share of the tests hold says nothing."""
_SAYS_NOTHING = ANY_TEST | {
    "a", "an", "are", "as", "at", "be", "been", "by", "can", "for", "from", "has", "have", "if", "in", "into", "is",
    "it", "its", "not", "of", "on", "or", "so", "that", "then", "this", "to", "was", "were", "which", "with",
}  # fmt: skip
"""Words that no one would take for a reason, however few tests hold them."""


@dataclass(frozen=True)
class Reasons:
    """The reasons for the rows of one build."""

    timeline: Timeline
    counts: WordCounts
    rows: Rows
    found: FeatureTable
    cosine: npt.NDArray[np.float32] | None
    lookback: LookbackSettings

    def of(self, row: int) -> str:
        """The strongest reasons of a row, at most three, as one sentence without an end."""
        told = [self._words(row), self._similar(row), self._record(row), self._meaning(row)]
        return "; ".join([text for text in told if text][:3]) or "nothing speaks for it"

    def _words(self, row: int) -> str | None:
        shared = self._shared.get(row)
        return f"shares {', '.join(shared)} with the change" if shared else None

    def _similar(self, row: int) -> str | None:
        """The nearest earlier change that the test answered to."""
        best = self._touching.get(int(self.rows.test[row]))
        if best is None:
            return None
        build, broke = best
        said = brief(one_line(" ".join(self.timeline.change_texts[build].split())), _LETTERS)
        return (
            f"{'broke' if broke else 'was fixed'} with the similar change {said!r} ({self.timeline.build_ids[build]})"
        )

    def _record(self, row: int) -> str | None:
        found = self.found
        if found["test_novelty"][row] > 0:
            return "has no known run"
        if np.isnan(found["days_since_failure"][row]):
            return None
        if found["last_failed"][row] > 0:
            return f"failed {self._ago(row)}, when last run"
        return f"failed {self._ago(row)}, {counted(int(found['runs_since_failure'][row]), 'runs')} back"

    def _meaning(self, row: int) -> str | None:
        return None if self.cosine is None else f"cosine {self.cosine[row]:.2f} to the change"

    def _ago(self, row: int) -> str:
        """How long ago a row's test failed: in builds where those have numbers and no time."""
        build = int(self._last_failure[int(self.rows.test[row])])
        if self.timeline.numbered[build]:
            own = self.timeline.build_scope == self.timeline.build_scope[build]
            return f"{counted(int(own[build : int(self.rows.build[row])].sum()), 'builds')} ago"
        hours = 24 * float(self.found["days_since_failure"][row])
        if hours >= 36:
            return f"{hours / 24:.0f} days ago"
        return f"{hours:.0f} hours ago" if hours >= 1.5 else f"{counted(max(1, round(60 * hours)), 'minutes')} ago"

    @cached_property
    def _last_failure(self) -> npt.NDArray[np.int64]:
        """Per test the place of the newest build that it failed in; -1 where there is none."""
        runs = self.timeline.runs
        found = np.full(len(self.timeline.test_ids), -1, dtype=np.int64)
        np.maximum.at(found, runs.test[runs.failed], runs.build[runs.failed])
        return found

    @cached_property
    def _shared(self) -> dict[int, list[str]]:
        """Row -> the words that its test shares with the change, those that fewest tests hold first."""
        build, counts = int(self.rows.build[0]), self.counts
        said = np.union1d(counts.changes[build].indices, counts.paths[build].indices)
        tests = counts.tests
        own = tests[self.rows.test][:, said].tocoo()
        word = {place: text for text, place in counts.vocabulary.items()}
        holders = np.bincount(tests.indices, minlength=tests.shape[1])[said]
        found: dict[int, list[tuple[int, str]]] = {}
        for row, column in zip(own.row.tolist(), own.col.tolist(), strict=True):
            if word[int(said[column])] not in _SAYS_NOTHING:
                found.setdefault(row, []).append((int(holders[column]), word[int(said[column])]))
        return {row: _telling(sorted(shared), _COMMON * tests.shape[0]) for row, shared in found.items()}

    @cached_property
    def _touching(self) -> dict[int, tuple[int, bool]]:
        """Test -> the most similar earlier build that broke or fixed it, and whether it broke it."""
        timeline, runs = self.timeline, self.timeline.runs
        build = np.unique(self.rows.build)
        nearest: dict[int, float] = {}
        for part in nearest_changes(timeline, similar_by_words(self.counts), build, self.lookback):
            weights = part.weights.tocoo()
            nearest |= dict(zip(part.earlier[weights.col].tolist(), weights.data.tolist(), strict=True))
        found: dict[int, tuple[int, bool]] = {}
        near = np.isin(runs.build, list(nearest)) & runs.touched
        for run in np.flatnonzero(near).tolist():
            test, own = int(runs.test[run]), int(runs.build[run])
            if test not in found or nearest[own] > nearest[found[test][0]]:
                found[test] = (own, bool(runs.failed[run]))
        return found


def _telling(shared: list[tuple[int, str]], most: float) -> list[str]:
    """Of words with the number of tests that hold each, ascending: those that few hold, if there are any."""
    few = [word for holders, word in shared if holders <= most]
    return (few or [word for _, word in shared])[:_WORDS]
