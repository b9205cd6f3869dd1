"""A model's answers to the questions of a survey, scored beside each other: what came of none counts as 0.

A sentence that a model gives to many concepts answers none of them, so an answer's score depends on all the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from domain_ft.llm.protocol import Generation
from domain_ft.requirements.extract import Extraction, extract
from domain_ft.requirements.legacy_score import legacy_score
from domain_ft.requirements.reference import Reference, reference_of
from domain_ft.requirements.score import score_extraction, sentences_of
from domain_ft.requirements.score_settings import ScoreSettings

Row = Mapping[str, Any]
"""`id`, `repeat`, `seconds` and either `answer` with its figures, or `failed`: why there is none."""
CUT_OFF = "length"
"""The done_reason of an answer that num_predict or num_ctx has ended."""
_DIGITS = 6


def answered_row(name: str, repeat: int, answer: Generation, memory: int | None) -> dict[str, Any]:
    """The row of an answer that came."""
    return {
        "id": name,
        "repeat": repeat,
        "answer": answer.text,
        "done_reason": answer.done_reason,
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "seconds": round(answer.seconds, 4),
        "load_seconds": answer.load_seconds,
        "answer_seconds": answer.answer_seconds,
        "tokens_per_second": answer.tokens_per_second,
        "memory_bytes": memory,
    }


def failed_row(name: str, repeat: int, why: str, seconds: float) -> dict[str, Any]:
    """The row of an answer that did not come."""
    return {"id": name, "repeat": repeat, "failed": why, "seconds": round(seconds, 4)}


def scored_rows(
    rows: Sequence[tuple[str, Row]], concepts: Iterable[str], settings: ScoreSettings
) -> list[dict[str, Any]]:
    """The rows, each with its concept beside it, with their scores; `concepts` are those there are beside them.

    Each gets score, legacy_score, components, mode, parses, why (there is nothing to score), and valid: it parses, and
    was not cut off by its length, as which a document may parse, too.
    """
    found = [(concept, extraction_of(row)) for concept, row in rows]
    figures = scored_extractions(found, concepts, settings)
    return [
        {**row, **each, "valid": is_valid(row, extraction)}
        for (_, row), (_, extraction), each in zip(rows, found, figures, strict=True)
    ]


def is_valid(row: Row, found: Extraction) -> bool:
    """Whether an answer parses, and ended by itself."""
    return found.found is not None and row.get("done_reason") != CUT_OFF


def scored_extractions(
    found: Sequence[tuple[str, Extraction]], concepts: Iterable[str], settings: ScoreSettings
) -> list[dict[str, Any]]:
    """The figures of what one answerer says of each concept."""
    reference = _reference(found, concepts)
    return [_figures(concept, each, reference, settings) for concept, each in found]


def _reference(found: Sequence[tuple[str, Extraction]], concepts: Iterable[str]) -> Reference:
    return reference_of(((concept, list(sentences_of(each.found))) for concept, each in found), beside=concepts)


def _figures(concept: str, found: Extraction, reference: Reference, settings: ScoreSettings) -> dict[str, Any]:
    score = score_extraction(found, concept, reference, settings)
    return {
        "score": round(score.value, _DIGITS),
        "legacy_score": round(legacy_score(found.found), _DIGITS),
        "components": {name: round(value, _DIGITS) for name, value in asdict(score.components).items()},
        "mode": score.mode,
        "parses": found.found is not None,
        "valid": found.found is not None,
        "why": score.why,
    }


def newest_score(found: Sequence[tuple[str, Extraction]], concepts: Iterable[str], settings: ScoreSettings) -> float:
    """The score of the last of these alone, beside the others."""
    reference = _reference(found, concepts)
    concept, newest = found[-1]
    return round(score_extraction(newest, concept, reference, settings).value, _DIGITS)


def extraction_of(row: Row) -> Extraction:
    """What a row's answer holds; nothing where none came."""
    return Extraction("none", None, row["failed"]) if "failed" in row else extract(row["answer"])
