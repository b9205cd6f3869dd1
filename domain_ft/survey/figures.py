"""What the rows of one answerer come to: repeats averaged per question first, with intervals over concept families."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from statistics import fmean, median
from typing import Any

import numpy as np
import numpy.typing as npt

from domain_ft.evaluation.statistics import Resampling, estimate_mean
from domain_ft.requirements.score import Components
from domain_ft.survey.answers import Row
from domain_ft.survey.questions import Question
from domain_ft.words import normalized

Values = npt.NDArray[np.float64]
COMPONENTS = tuple(each.name for each in fields(Components))


def per_question(rows: Sequence[Row], repeats: int, key: str = "score") -> Values:
    """A figure of each question (n), its repeats averaged; the rows are all questions once, then all of them again."""
    averaged: Values = np.array([row[key] for row in rows], dtype=np.float64).reshape(repeats, -1).mean(axis=0)
    return averaged


def family_clusters(asked: Sequence[Question]) -> npt.NDArray[np.int64]:
    """The number of each question's concept family (n), or of its concept where that is of none.

    Answers to concepts of one family say nearly the same: they are one piece of evidence.
    """
    families = [
        f"family {each.kin.family}" if each.kin.family else f"concept {normalized(each.concept)}" for each in asked
    ]
    return np.unique(families, return_inverse=True)[1].astype(np.int64)


def score_figures(rows: Sequence[Row], asked: Sequence[Question], confidence: float) -> dict[str, Any]:
    """What the scores of rows come to; the values are plain."""
    repeats, clusters, resampling = len(rows) // len(asked), family_clusters(asked), Resampling(confidence=confidence)

    def estimate(key: str) -> dict[str, Any]:
        found = estimate_mean(per_question(rows, repeats, key), clusters, resampling)
        assert found is not None
        return asdict(found)

    return {
        "n": len(asked),
        "score": estimate("score"),
        "deviation": float(per_question(rows, repeats).std(ddof=1)) if len(asked) > 1 else None,
        "legacy_score": estimate("legacy_score"),
        "components": {name: fmean(row["components"][name] for row in rows) for name in COMPONENTS},
        "valid_share": fmean(row["valid"] for row in rows),
        "modes": dict(Counter(row["mode"] for row in rows).most_common()),
    }


def answering_figures(rows: Sequence[Row]) -> dict[str, Any]:
    """What answering took, and how it ended.

    Seconds are the median of all questions, those without an answer as well, for they were waited for. Tokens per
    second are those of all answers over the time of generating them.
    """
    failures = Counter(row["failed"] for row in rows if "failed" in row)
    timed = [row for row in rows if row.get("tokens_out") and row.get("answer_seconds")]
    memory = [row["memory_bytes"] for row in rows if row.get("memory_bytes") is not None]
    return {
        "answers": len(rows),
        "failures": failures.total(),
        "failure_reasons": dict(failures.most_common()),
        "done_reasons": dict(Counter(row["done_reason"] for row in rows if "failed" not in row).most_common()),
        "seconds": median(row["seconds"] for row in rows),
        "total_seconds": sum(row["seconds"] for row in rows),
        "tokens_per_second": _rate(timed),
        "tokens_out": _mean([row["tokens_out"] for row in rows if row.get("tokens_out") is not None]),
        "memory_bytes": max(memory, default=None),
    }


def _rate(timed: Sequence[Mapping[str, Any]]) -> float | None:
    seconds = sum(row["answer_seconds"] for row in timed)
    return sum(row["tokens_out"] for row in timed) / seconds if seconds else None


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
