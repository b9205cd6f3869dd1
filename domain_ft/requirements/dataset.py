"""Landed records into a dataset of requirements: fixed, filtered if asked, divided by concept family, published whole.

raw/requirements -> fix -> score -> filter -> split -> train.jsonl, validation.jsonl, test.jsonl
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain_ft.errors import DomainFtError, InputError
from domain_ft.json_text import plain_json
from domain_ft.mining.result import DatasetResult, FunnelRow, dataset_result
from domain_ft.progress import Progress, silent
from domain_ft.requirements.answers import answer_of
from domain_ft.requirements.filter import filter_by_score
from domain_ft.requirements.fix import fix_record
from domain_ft.requirements.groups import Kin, RecordLeakage, groups_of, record_leakage
from domain_ft.requirements.issues import issues_of
from domain_ft.requirements.legacy_score import legacy_score
from domain_ft.requirements.lines import Line
from domain_ft.requirements.reference import reference_of
from domain_ft.requirements.score import score_extraction, sentences_of
from domain_ft.requirements.settings import RequirementDatasetSettings
from domain_ft.requirements.tables import lines_of_table, read_requirements_table
from domain_ft.splits.by_group import split_by_group
from domain_ft.splits.by_time import SPLITS
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import is_published, point, publish_folder, read_manifest, verify_folder
from domain_ft.words import normalized

DATASET_VERSION = 2
"""Raised when the same records and settings would give another dataset."""
MADE_FROM = "requirements"


@dataclass(frozen=True)
class _Sound:
    """A record with nothing wrong in it (any more), and what was changed in it."""

    line: Line
    record: dict[str, Any]
    changes: list[dict[str, Any]]


@dataclass(frozen=True)
class _Dataset:
    """A dataset before it is published."""

    parts: dict[str, list[str]]
    diff: list[str]
    quarantine: list[str]
    funnel: tuple[FunnelRow, ...]
    leakage: RecordLeakage


def build_requirements_dataset(
    raw: Path,
    out: Path,
    settings: RequirementDatasetSettings,
    curated: Sequence[str] = (),
    progress: Progress = silent,
    *,
    make_current: bool = True,
) -> DatasetResult:
    """Fix and divide the records in `raw` and publish `out/<digest>`; `out/current` then points to it.

    The folder holds train, validation and test.jsonl, diff.jsonl (what was changed) and quarantine.jsonl (what could
    not be repaired). `curated` are concepts of an evaluation set: no record of one of them is trained on. InputError,
    naming what to change, where too few records are left; DomainFtError where a filter lets too few pass.
    """
    source = read_manifest(raw)
    held_out = sorted({normalized(concept) for concept in curated})
    digest = short(sha256_json([source["content_digest"], settings.model_dump(mode="json"), held_out, DATASET_VERSION]))
    target = out / digest
    reused = is_published(target)
    if not reused:
        verify_folder(raw)
        lines = list(lines_of_table(read_requirements_table(raw)))
        built = _build(lines, settings, frozenset(held_out), progress)
        origin = {"raw": raw.resolve().name, "raw_digest": source["digest"], "digest": digest}
        publish_folder(target, _writer(built, origin, settings))
    if make_current:
        point(out / "current", digest)
    progress("dataset", 4, 4)
    return dataset_result(target, reused=reused)


def _build(
    lines: Sequence[Line], settings: RequirementDatasetSettings, held_out: frozenset[str], progress: Progress
) -> _Dataset:
    progress("dataset", 1, 4)
    sound, quarantine, reasons = _fixed(lines, settings)
    progress("dataset", 2, 4)
    scored = _scored(sound, settings)
    kept = _filtered(scored, settings)
    progress("dataset", 3, 4)
    kin = [Kin.of(record, settings.split.family_pattern) for record in kept]
    names, groups = groups_of(kin, settings.split.near_duplicate)
    home = split_by_group(groups, settings.split, settings.seed)
    placed = [(record, each, home[name]) for record, each, name in zip(kept, kin, names, strict=True)]
    curated = [split == "train" and each.concept in held_out for _, each, split in placed]
    placed = [one for one, is_curated in zip(placed, curated, strict=True) if not is_curated]
    parts = {name: [plain_json(record) for record, _, split in placed if split == name] for name in SPLITS}
    _require_enough(parts, len(groups), len(lines), settings)
    leakage = record_leakage(
        [each for _, each, _ in placed], [split for _, _, split in placed], settings.split.near_duplicate
    )
    leakage.require_none()
    diff = [plain_json({"id": each.line.name, "changes": each.changes}) for each in sound if each.changes]
    funnel = [
        FunnelRow("records_landed", len(lines), "in raw"),
        *(FunnelRow(f"set_aside_{kind}", count, "cannot be repaired: quarantine.jsonl") for kind, count in reasons),
        FunnelRow("records_sound", len(sound), f"{len(diff):,} of them repaired: diff.jsonl"),
        FunnelRow("records_below_threshold", len(scored) - len(kept), "left out by filter"),
        FunnelRow("records_of_the_evaluation_file", sum(curated), "left out of train"),
        FunnelRow("families", len(groups), "of concepts; each stands in one split"),
        *(FunnelRow(f"records_{name}", len(parts[name]), f"in {name}.jsonl") for name in SPLITS),
    ]
    return _Dataset(parts, diff, quarantine, tuple(funnel), leakage)


def _fixed(
    lines: Sequence[Line], settings: RequirementDatasetSettings
) -> tuple[list[_Sound], list[str], list[tuple[str, int]]]:
    """The sound records, the others as lines of a quarantine, and how many there are of each kind of issue."""
    sound, quarantine, reasons = list[_Sound](), list[str](), Counter[str]()
    for line in lines:
        fixed = fix_record(line.record or {}, form=settings.fix.form, renumber=settings.fix.renumber)
        issues = issues_of(fixed.record)
        if issues:
            reasons.update({issue.kind for issue in issues})
            found = [asdict(issue) for issue in issues]
            quarantine.append(plain_json({"id": line.name, "reasons": found, "raw": line.text}))
        else:
            sound.append(_Sound(line, dict(fixed.record), [asdict(change) for change in fixed.changes]))
    return sound, quarantine, reasons.most_common()


def _scored(sound: Sequence[_Sound], settings: RequirementDatasetSettings) -> list[dict[str, Any]]:
    """The records with their scores."""
    answers = [answer_of(each.record) for each in sound]
    reference = reference_of(
        (each.record["concept"], list(sentences_of(found.found))) for each, found in zip(sound, answers, strict=True)
    )
    scored = []
    for each, found in zip(sound, answers, strict=True):
        score = score_extraction(found, each.record["concept"], reference, settings.score)
        figures = {"score": round(score.value, 6), "legacy_score": round(legacy_score(found.found), 6)}
        scored.append({**each.record, **figures, "components": vars(score.components)})
    return scored


def _filtered(scored: list[dict[str, Any]], settings: RequirementDatasetSettings) -> list[dict[str, Any]]:
    """The records that the filter lets pass; those it takes below its threshold are marked."""
    asked = settings.filter
    if asked is None:
        return scored
    found = filter_by_score(
        [record["score"] for record in scored],
        threshold=asked.threshold,
        minimum=asked.minimum,
        allow_below=asked.allow_below,
    )
    if found.why_not:
        raise DomainFtError(f"filter: {found.why_not}")
    return [{**scored[n], "below_threshold": True} if n in found.below else scored[n] for n in found.kept]


def _require_enough(
    parts: dict[str, list[str]], families: int, landed: int, settings: RequirementDatasetSettings
) -> None:
    missing = [name for name in SPLITS if not parts[name]]
    if missing:
        raise InputError(
            f"no honest split is possible: the {landed:,} records come to {families:,} families of concepts, and none "
            f"is left for {' and '.join(missing)}; land records of further families, or change split.family_pattern"
        )
    train = len(parts["train"])
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
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    return write
