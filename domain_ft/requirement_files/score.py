"""The scores of a file of records: of each what it is made of, beside all the others of the file."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import fmean

from domain_ft.json_text import quick_json
from domain_ft.requirement_files.lines import read_lines, write_line, writing
from domain_ft.requirements.answers import answer_of
from domain_ft.requirements.extract import Extraction
from domain_ft.requirements.legacy_score import legacy_score
from domain_ft.requirements.reference import reference_of
from domain_ft.requirements.score import Components, score_extraction, sentences_of
from domain_ft.requirements.score_settings import ScoreSettings


@dataclass(frozen=True)
class ScoredFile:
    """The scores of a file, on average, by component, and how the requirements were found."""

    path: Path | None
    read: int
    scored: int
    score: float
    legacy_score: float
    components: Mapping[str, float]
    modes: Mapping[str, int]


def score_file(source: Path, target: Path | None = None, settings: ScoreSettings | None = None) -> ScoredFile:
    """Score each record; with a `target` write it there with `score`, `legacy_score`, `components` and `mode`.

    Lines that are no record, or name no concept, are counted and left out. InputError where the file cannot be read.
    """
    chosen = settings or ScoreSettings()
    read, found = 0, list[tuple[str, Extraction]]()
    for line in read_lines(source):
        read += 1
        if line.concept is not None:
            found.append((line.concept, answer_of(line.record)))
    reference = reference_of((concept, list(sentences_of(each.found))) for concept, each in found)
    scores = [score_extraction(each, concept, reference, chosen) for concept, each in found]
    legacy = [legacy_score(each.found) for _, each in found]
    if target:
        with writing(source, target) as (file,):
            records = (line.record or {} for line in read_lines(source) if line.concept is not None)
            for record, score, before in zip(records, scores, legacy, strict=True):
                figures = {"score": round(score.value, 6), "legacy_score": round(before, 6)}
                details = {"components": vars(score.components), "mode": score.mode}
                write_line(file, quick_json({**record, **figures, **details}))
    return ScoredFile(
        target,
        read,
        len(scores),
        _mean([score.value for score in scores]),
        _mean(legacy),
        {each.name: _mean([getattr(score.components, each.name) for score in scores]) for each in fields(Components)},
        dict(Counter(score.mode for score in scores).most_common()),
    )


def _mean(values: list[float]) -> float:
    return fmean(values) if values else 0.0
