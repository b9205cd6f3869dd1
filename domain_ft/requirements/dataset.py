"""Landed records into a dataset of requirements: fixed, filtered if asked, divided by concept family, published whole.

raw/requirements -> fix -> score -> filter -> split -> train.jsonl, validation.jsonl, test.jsonl (+ curated.jsonl)
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain_ft.errors import DomainFtError, InputError
from domain_ft.json_text import quick_json
from domain_ft.mining.result import DatasetResult, FunnelRow, dataset_result
from domain_ft.progress import Progress, silent
from domain_ft.requirements.answers import answer_of
from domain_ft.requirements.curated import CuratedFile, read_curated
from domain_ft.requirements.division import Division, Likeness, divide
from domain_ft.requirements.extract import Extraction
from domain_ft.requirements.filter import MARK, filter_by_score
from domain_ft.requirements.fix import fix_record
from domain_ft.requirements.groups import Kin, RecordLeakage
from domain_ft.requirements.legacy_score import legacy_score
from domain_ft.requirements.lines import Line
from domain_ft.requirements.reference import reference_of
from domain_ft.requirements.repair import repair
from domain_ft.requirements.score import score_extraction, sentences_of
from domain_ft.requirements.settings import RequirementDatasetSettings
from domain_ft.requirements.tables import lines_of_table, read_requirements_table
from domain_ft.splits.by_time import SPLITS
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import is_published, point, publish_folder, read_manifest, verify_folder

DATASET_VERSION = 2
"""Raised when the same records and settings would give another dataset."""
MADE_FROM = "requirements"
CURATED = "curated"
"""The part that holds the evaluation file."""
_LIKE: Mapping[Likeness, str] = {
    "concept": "out of train and validation: its concept stands in the evaluation file",
    "near_concept": "out of train and validation: nearly a concept of the evaluation file",
    "family": "out of train and validation: of one family with a concept of the evaluation file",
}


@dataclass(frozen=True)
class _Dataset:
    """A dataset before it is published."""

    parts: dict[str, list[str]]
    diff: list[str]
    quarantine: list[str]
    funnel: tuple[FunnelRow, ...]
    leakage: RecordLeakage
    curated: CuratedFile | None


def build_requirements_dataset(
    raw: Path,
    out: Path,
    settings: RequirementDatasetSettings,
    curated: Path | None = None,
    progress: Progress = silent,
    *,
    make_current: bool = True,
) -> DatasetResult:
    """Fix and divide the records in `raw` and publish `out/<digest>`; `out/current` then points to it.

    The folder holds train, validation and test.jsonl, diff.jsonl (what was changed) and quarantine.jsonl (what could
    not be repaired). `curated` is the evaluation file that the settings name, as a path that may be read: its records
    stand in curated.jsonl, and nothing like them in train or validation. InputError, naming what to change, where too
    few records are left or that file cannot be used; DomainFtError where a filter lets too few pass.
    """
    source = read_manifest(raw)
    file = read_curated(curated) if curated else None
    asked = settings.model_dump(mode="json", exclude={"evaluation_file"})
    digest = short(sha256_json([source["content_digest"], asked, file and file.digest, DATASET_VERSION]))
    target = out / digest
    reused = is_published(target)
    if not reused:
        verify_folder(raw)
        lines = list(lines_of_table(read_requirements_table(raw)))
        built = _build(lines, settings, file, progress)
        origin = {"raw": raw.resolve().name, "raw_digest": source["digest"], "digest": digest}
        publish_folder(target, _writer(built, origin, settings))
    if make_current:
        point(out / "current", digest)
    progress("dataset", 4, 4)
    return dataset_result(target, reused=reused)


def _build(
    lines: Sequence[Line], settings: RequirementDatasetSettings, file: CuratedFile | None, progress: Progress
) -> _Dataset:
    progress("dataset", 1, 4)
    repaired = [repair(line, form=settings.fix.form, renumber=settings.fix.renumber) for line in lines]
    sound = [dict(each.record) for each in repaired if each.record is not None]
    aside = [each for each in repaired if each.record is None]
    progress("dataset", 2, 4)
    curated = [dict(fix_record(each, form=settings.fix.form).record) for each in (file.records if file else ())]
    scored, scored_curated = _scored(sound, curated, settings)
    kept = _filtered(scored, settings)
    progress("dataset", 3, 4)
    kin, known = ([Kin.of(each, settings.split.family_pattern) for each in records] for records in (kept, curated))
    division = divide(kin, known, settings.split, settings.seed)
    placed = list(zip(kept, division.splits, strict=True))
    parts = {name: [quick_json(record) for record, split in placed if split == name] for name in SPLITS}
    _require_training(len(parts["train"]), settings)
    if file:
        parts[CURATED] = [quick_json(record) for record in scored_curated]
    diff = [quick_json(each.told_changes) for each in repaired if each.changes]
    reasons = Counter(kind for each in aside for kind in each.kinds).most_common()
    funnel = [
        FunnelRow("records_landed", len(lines), "in raw"),
        *(FunnelRow(f"set_aside_{kind}", count, "cannot be repaired: quarantine.jsonl") for kind, count in reasons),
        FunnelRow("records_sound", len(sound), f"{len(diff):,} of them repaired: diff.jsonl"),
        FunnelRow("records_below_threshold", len(scored) - len(kept), "left out by filter"),
        *(_funnel_of_curated(len(curated), division) if file else ()),
        FunnelRow("families", division.groups, "of concepts; each stands in one split"),
        *(FunnelRow(f"records_{name}", len(parts[name]), f"in {name}.jsonl") for name in SPLITS),
    ]
    quarantine = [quick_json(each.told_reasons) for each in aside]
    return _Dataset(parts, diff, quarantine, tuple(funnel), division.leakage, file)


def _funnel_of_curated(curated: int, division: Division) -> Iterator[FunnelRow]:
    """What the evaluation file costs."""
    yield FunnelRow("records_curated", curated, "of the evaluation file: curated.jsonl")
    for like, count in division.left_out.items():
        yield FunnelRow(f"left_out_{like}_curated", count, _LIKE[like])
    yield FunnelRow("test_records_like_curated", division.like_in_test, "stay: nothing is learned from test")


def _scored(
    sound: Sequence[dict[str, Any]], curated: Sequence[dict[str, Any]], settings: RequirementDatasetSettings
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The records with their scores, and the curated ones, which are judged beside them."""
    answers = [answer_of(each) for each in sound]
    sentences = ((each["concept"], list(sentences_of(found.found))) for each, found in zip(sound, answers, strict=True))
    reference = reference_of(sentences)

    def scored(record: dict[str, Any], found: Extraction) -> dict[str, Any]:
        score = score_extraction(found, record["concept"], reference, settings.score)
        figures = {"score": round(score.value, 6), "legacy_score": round(legacy_score(found.found), 6)}
        return {**record, **figures, "components": vars(score.components)}

    return list(map(scored, sound, answers)), [scored(each, answer_of(each)) for each in curated]


def _filtered(scored: list[dict[str, Any]], settings: RequirementDatasetSettings) -> list[dict[str, Any]]:
    """The records that the filter lets pass; those it takes below its threshold are marked."""
    asked = settings.filter
    if asked.threshold is None:
        return scored
    found = filter_by_score(
        [record["score"] for record in scored],
        threshold=asked.threshold,
        minimum=asked.minimum,
        allow_below=asked.allow_below,
    )
    if found.why_not:
        raise DomainFtError(f"filter: {found.why_not}")
    return [{**scored[n], MARK: True} if n in found.below else scored[n] for n in found.kept]


def _require_training(train: int, settings: RequirementDatasetSettings) -> None:
    if train < settings.minimum:
        raise InputError(
            f"only {train:,} training records (minimum is {settings.minimum}); land more, or lower minimum"
        )


def _writer(
    built: _Dataset, origin: dict[str, Any], settings: RequirementDatasetSettings
) -> Callable[[Path], dict[str, Any]]:
    def write(folder: Path) -> dict[str, Any]:
        files = {**built.parts, "diff": built.diff, "quarantine": built.quarantine}
        for name, lines in files.items():
            (folder / f"{name}.jsonl").write_text(
                "".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n"
            )
        return {
            **origin,
            "made_from": MADE_FROM,
            "version": DATASET_VERSION,
            "settings": settings.model_dump(mode="json"),
            "counts": {name: len(built.parts[name]) for name in SPLITS},
            "quarantined": len(built.quarantine),
            "changed": len(built.diff),
            "funnel": [row.as_json() for row in built.funnel],
            "leakage": built.leakage.as_json(),
            "curated": built.curated and {"name": built.curated.name, "sha256": built.curated.digest},
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    return write
