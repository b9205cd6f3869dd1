"""Why a test stands where it stands, in words: what it shares with the change, what an earlier change like this one
did to it, and what its own last runs say."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain_ft.prioritization.features import FeatureTable, Rows
from domain_ft.prioritization.settings import LookbackSettings
from domain_ft.prioritization.similar_changes import nearest_changes, similar_by_words
from domain_ft.prioritization.timeline import FloatArray, Timeline
from domain_ft.prioritization.word_counts import WordCounts
from domain_ft.safe_text import brief, one_line
from domain_ft.words import words

_WORDS, _LETTERS = 4, 60
_COMMON = 0.2
"""A word that more than this share of the tests hold says nothing."""


@dataclass(frozen=True)
class Reasons:
    """The reasons for the rows of one build."""

    timeline: Timeline
    counts: WordCounts
    rows: Rows
    found: FeatureTable
    cosine: FloatArray | None
    lookback: LookbackSettings

    def of(self, row: int) -> str:
        """The strongest reasons of a row, at most three, as one sentence without an end."""
        told = [self._words(row), self._similar(row), self._record(row), self._meaning(row)]
        return "; ".join([text for text in told if text][:3]) or "nothing speaks for it"

    def _words(self, row: int) -> str | None:
        shared = list(dict.fromkeys(word for word in words(self._text(row)) if word in self._said))
        if not shared:
            return None
        few = [word for word in shared if self._holders_of(word) <= _COMMON * self.counts.tests.shape[0]]
        shared = sorted(few or shared, key=lambda word: (self._holders_of(word), word))[:_WORDS]
        return f"shares {', '.join(shared)} with the change"

    def _similar(self, row: int) -> str | None:
        """The nearest earlier change that the test answered to."""
        best = self._touching.get(int(self.rows.test[row]))
        if best is None:
            return None
        build, broke = best
        said = brief(one_line(self.timeline.change_texts[build]), _LETTERS)
        return (
            f"{'broke' if broke else 'was fixed'} with the similar change {said!r} ({self.timeline.build_ids[build]})"
        )

    def _record(self, row: int) -> str | None:
        found = self.found
        if found["test_novelty"][row] > 0:
            return "has no known run"
        if found["last_failed"][row] > 0:
            return f"failed {self._ago(found['days_since_failure'][row])}, when last run"
        if not np.isnan(found["days_since_failure"][row]):
            runs = int(found["runs_since_failure"][row])
            return f"failed {self._ago(found['days_since_failure'][row])}, {runs} runs back"
        return None

    def _meaning(self, row: int) -> str | None:
        return None if self.cosine is None else f"cosine {self.cosine[row]:.2f} to the change"

    @staticmethod
    def _ago(days: float) -> str:
        return f"{days:.0f} days ago" if days >= 1.5 else f"{24 * days:.0f} hours ago"

    def _text(self, row: int) -> str:
        return self.timeline.test_texts[int(self.rows.test[row])]

    @cached_property
    def _said(self) -> frozenset[str]:
        build = int(self.rows.build[0])
        return frozenset(words(" ".join((self.timeline.change_texts[build], *self.timeline.change_paths[build]))))

    @cached_property
    def _holders(self) -> FloatArray:
        return np.asarray((self.counts.tests > 0).sum(axis=0)).ravel().astype(np.float64)

    def _holders_of(self, word: str) -> float:
        """How many tests hold a word."""
        place = self.counts.vocabulary.get(word)
        return 0.0 if place is None else float(self._holders[place])

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
