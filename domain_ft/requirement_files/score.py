"""The scores of a file of records: of each what it is made of, beside all the others of the file."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TextIO

from domain_ft.json_text import plain_json
from domain_ft.progress import Progress, silent
from domain_ft.requirement_files.lines import read_lines, write_line, writing
from domain_ft.requirements.answers import answer_of
from domain_ft.requirements.legacy_score import legacy_score
from domain_ft.requirements.lines import Line
from domain_ft.requirements.reference import reference_of
from domain_ft.requirements.score import ScoreSettings, score_extraction, sentences_of

_EVERY = 500


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


def score_file(
    source: Path, target: Path | None = None, *, settings: ScoreSettings | None = None, progress: Progress = silent
) -> ScoredFile:
    """Score each record; with a `target` write it there with `score`, `legacy_score`, `components` and `mode`.

    Lines that are no record, or name no concept, are counted and left out. InputError where the file cannot be read.
    """
    chosen = settings or ScoreSettings()
    reference = reference_of(
        (concept, list(sentences_of(answer_of(line.record).found))) for line, concept in _scorable(source)
    )
    values: list[float] = []
    legacy: list[float] = []
    parts: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    outputs: AbstractContextManager[list[TextIO]] = writing(source, target) if target else nullcontext([])
    with outputs as files:
        for line, concept in _scorable(source):
            found = answer_of(line.record)
            score = score_extraction(found, concept, reference, chosen)
            before = legacy_score(found.found)
            values.append(score.value)
            legacy.append(before)
            modes[score.mode] += 1
            parts.update(asdict(score.components))
            for file in files:
                figures = {"score": round(score.value, 6), "legacy_score": round(before, 6)}
                details = {"components": asdict(score.components), "mode": score.mode}
                write_line(file, plain_json({**(line.record or {}), **figures, **details}))
            if not len(values) % _EVERY:
                progress("score", len(values))
    read = sum(1 for _ in read_lines(source))
    components = {name: total / len(values) for name, total in parts.items()}
    return ScoredFile(target, read, len(values), _mean(values), _mean(legacy), components, dict(modes.most_common()))


def _scorable(source: Path) -> Iterator[tuple[Line, str]]:
    for line in read_lines(source):
        concept = (line.record or {}).get("concept")
        if isinstance(concept, str) and concept.strip():
            yield line, concept


def _mean(values: list[float]) -> float:
    return fmean(values) if values else 0.0
