"""The records of a file that are good enough, in a file of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import DomainFtError, InputError
from domain_ft.json_text import plain_json
from domain_ft.requirement_files.lines import read_lines, write_line, writing
from domain_ft.requirements.filter import MARK, filter_by_score
from domain_ft.requirements.settings import RequirementFilterSettings
from domain_ft.safe_text import brief


@dataclass(frozen=True)
class FilteredFile:
    """How many records were read, reach the threshold, were taken below it, and were left out."""

    path: Path
    read: int
    reached: int
    taken_below: int
    left_out: int


def filter_file(source: Path, target: Path, settings: RequirementFilterSettings) -> FilteredFile:
    """Write the records whose `score` is high enough; those taken below the threshold carry `below_threshold`.

    DomainFtError where too few are, and nothing is written; InputError where a line is no record with a score.
    """
    with writing(source, target) as (file,):
        scores = list(_scores(source))
        found = filter_by_score(
            scores, threshold=settings.threshold or 0.0, minimum=settings.minimum, allow_below=settings.allow_below
        )
        if found.why_not:
            raise DomainFtError(f"{source}: {found.why_not}")
        kept = frozenset(found.kept)
        for place, line in enumerate(read_lines(source)):
            if place in kept:
                marked = {**(line.record or {}), MARK: True} if place in found.below else None
                write_line(file, plain_json(marked) if marked else line.text)
    return FilteredFile(target, len(scores), len(kept) - len(found.below), len(found.below), len(scores) - len(kept))


def _scores(source: Path) -> Iterator[float]:
    for line in read_lines(source):
        record = line.record or {}
        score = record.get("score")
        if not isinstance(score, int | float) or isinstance(score, bool) or "components" not in record:
            raise InputError(
                f"{source}:{line.number}: has no score of ours (with its components); "
                f"run: domain-ft score {source} -o SCORED"
            )
        if not 0 <= score <= 1:
            said = brief(str(score))
            raise InputError(f"{source}:{line.number}: its score, {said}, is not between 0 and 1; score it anew")
        yield score
