"""The builds on which candidate and reference differ most, as texts: what a person reads to believe a figure."""

from dataclasses import dataclass

import numpy as np

from domain_ft.evaluation.arms import RankedFigures
from domain_ft.evaluation.ranking import Ranking, top_items
from domain_ft.evaluation.task import IntArray, RetrievalTask

_TESTS = 4
_FIRST = 3
_LONGEST = 600


@dataclass(frozen=True)
class RankedTest:
    """A relevant test and where the two arms put it."""

    test_id: str
    text: str
    candidate_rank: int
    reference_rank: int


@dataclass(frozen=True)
class FirstTest:
    """One of the tests that the candidate puts first."""

    text: str
    relevant: bool


@dataclass(frozen=True)
class Example:
    """A build: its change, the primary metric under both arms, and the tests that explain the difference."""

    build_id: str
    change: str
    candidate: float
    reference: float
    relevant: int
    corpus: int
    tests: tuple[RankedTest, ...]
    first: tuple[FirstTest, ...]


@dataclass(frozen=True)
class Examples:
    """The builds that gained and lost most, the largest difference first."""

    gains: tuple[Example, ...]
    regressions: tuple[Example, ...]


def pick_examples(
    task: RetrievalTask, candidate: RankedFigures, reference: RankedFigures, metric: str, count: int
) -> Examples:
    """Up to `count` builds of each kind; texts are cut to a readable length, otherwise as they are."""
    difference = np.nan_to_num(candidate.overall[metric] - reference.overall[metric])
    order = np.argsort(-difference, kind="stable")
    gained = order[difference[order] > 0][:count]
    lost = order[::-1][difference[order[::-1]] < 0][:count]

    def described(queries: IntArray) -> tuple[Example, ...]:
        tops = top_items(task, candidate.scores, queries, _FIRST)
        return tuple(
            Example(
                build_id=task.query_ids[query],
                change=_cut(task.query_texts[query]),
                candidate=float(candidate.overall[metric][query]),
                reference=float(reference.overall[metric][query]),
                relevant=len(task.relevant_items(query)),
                corpus=int(task.stop[query] - task.first[query]),
                tests=_ranked_tests(task, query, candidate.ranking, reference.ranking),
                first=tuple(FirstTest(_cut(task.item_texts[item]), item in task.relevant_items(query)) for item in top),
            )
            for query, top in zip(queries.tolist(), tops, strict=True)
        )

    return Examples(described(gained), described(lost))


def _ranked_tests(task: RetrievalTask, query: int, candidate: Ranking, reference: Ranking) -> tuple[RankedTest, ...]:
    """The relevant tests whose rank changed by the largest factor."""
    pairs = np.flatnonzero(task.relevant.query == query)
    ours, theirs = candidate.rank[pairs], reference.rank[pairs]
    most_moved = np.argsort(-np.abs(np.log(ours / theirs)), kind="stable")[:_TESTS]
    return tuple(
        RankedTest(
            task.item_ids[item],
            _cut(task.item_texts[item]),
            candidate_rank=int(ours[at]),
            reference_rank=int(theirs[at]),
        )
        for at, item in ((at, task.relevant.item[pairs[at]]) for at in most_moved)
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"
