"""What must hold of a published dataset of requirements before anything is learned from it, counted from its files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain_ft.json_text import parse_object
from domain_ft.mining.checks import CheckOutcome, evaluate_leakage
from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.dataset import CURATED
from domain_ft.requirements.groups import Kin, record_leakage
from domain_ft.requirements.issues import KINDS
from domain_ft.requirements.lines import Line
from domain_ft.requirements.settings import RequirementAuditSettings, RequirementDatasetSettings
from domain_ft.splits.by_time import SPLITS
from domain_ft.store.publish import read_manifest

ID_KINDS = ("id_format_issues", "prefix_mismatches", "duplicate_ids", "sequence_gaps")
MOST_REPEATED = 0.05
GROUNDED = 0.5
"""A record whose grounding lies below this answers another concept as well as its own."""
MOST_UNGROUNDED = 0.1


def evaluate_ids(counts: Mapping[str, int]) -> CheckOutcome:
    """Every id is the one of its place (blocking)."""
    found = {name: counts[name] for name in ID_KINDS}
    named = ", ".join(f"{name} {count}" for name, count in found.items() if count)
    return CheckOutcome(
        name="ids",
        passed=not named,
        severity="error",
        message=f"faulty ids: {named or 'none'} (expected: none)" + ("; build the dataset again" if named else ""),
        numbers={name: float(count) for name, count in found.items()},
    )


def evaluate_counts(
    issues: Mapping[str, int], found: Mapping[str, int], manifest: Mapping[str, Any], minimum: int
) -> CheckOutcome:
    """The parts are as large as the manifest says, complete, and enough to learn from (blocking).

    `issues` are those that are not of ids; `found` are the records per part.
    """
    wrong = [f"{name} {count}" for name, count in issues.items() if count and name not in ID_KINDS]
    wrong += [
        f"{name}.jsonl holds {count:,} records, and the manifest says {manifest['counts'][name]:,}"
        for name, count in found.items()
        if count != manifest["counts"][name]
    ]
    if found["train"] < minimum:
        wrong.append(f"{found['train']:,} training records, fewer than dataset.minimum ({minimum:,})")
    parts = ", ".join(f"{count:,} {name}" for name, count in found.items())
    return CheckOutcome(
        name="counts",
        passed=not wrong,
        severity="error",
        message=f"{parts}: {'; '.join(wrong) or 'complete, and as the manifest says'} (expected: at least {minimum:,} "
        "training records, and in each record a title, a description and two requirements in each list)",
        numbers={**{name: float(count) for name, count in found.items()}, "minimum": float(minimum)},
    )


def evaluate_duplicates(counts: Mapping[str, int], records: int) -> CheckOutcome:
    """Few records say what others say, or nearly that (warning)."""
    found = {name: counts[name] for name in ("duplicate_records", "duplicate_concepts", "near_duplicates")}
    share = sum(found.values()) / max(records, 1)
    named = ", ".join(f"{name} {count:,}" for name, count in found.items() if count)
    return CheckOutcome(
        name="duplicates",
        passed=share <= MOST_REPEATED,
        severity="warning",
        message=f"{named or 'no duplicates'} among {records:,} records, {share:.1%} (expected: up to "
        f"{MOST_REPEATED:.0%})",
        numbers={**{name: float(count) for name, count in found.items()}, "share": share},
    )


def evaluate_grounding(grounding: Sequence[float]) -> CheckOutcome:
    """Records are about their concepts (warning); `grounding` is that component of each record's score."""
    few = sum(value < GROUNDED for value in grounding)
    share, mean = few / max(len(grounding), 1), sum(grounding) / max(len(grounding), 1)
    return CheckOutcome(
        name="grounding",
        passed=share <= MOST_UNGROUNDED,
        severity="warning",
        message=f"{few:,} of {len(grounding):,} records hardly speak of their concept (grounding below {GROUNDED:g}), "
        f"{share:.1%} (expected: up to {MOST_UNGROUNDED:.0%}); the mean grounding is {mean:.2f}",
        numbers={"ungrounded_share": share, "mean_grounding": mean},
    )


def evaluate_requirements_dataset(
    folder: Path, near_duplicate: float | None = RequirementAuditSettings().near_duplicate
) -> tuple[CheckOutcome, ...]:
    """All checks of a dataset of requirements, in the order ids, counts, leakage, duplicates, grounding.

    `near_duplicate` is what the audit calls alike; null looks for no near duplicates but between the parts.
    """
    manifest = read_manifest(folder)
    settings = RequirementDatasetSettings.model_validate(manifest["settings"])
    parts = {name: _records(folder / f"{name}.jsonl") for name in SPLITS}
    records = [(record, name) for name, part in parts.items() for record in part]
    audit = _audited([record for record, _ in records], near_duplicate)
    counts = {name: finding.count for name, finding in audit.findings.items()}
    curated, family = folder / f"{CURATED}.jsonl", settings.split.family_pattern
    leakage = record_leakage(
        [(Kin.of(record, family), split) for record, split in records],
        settings.split.near_duplicate,
        [Kin.of(record, family) for record in (_records(curated) if curated.is_file() else ())],
    )
    found = {name: len(part) for name, part in parts.items()}
    return (
        evaluate_ids(counts),
        evaluate_counts({name: counts[name] for name in KINDS}, found, manifest, settings.minimum),
        evaluate_leakage(leakage),
        evaluate_duplicates(counts, len(records)),
        evaluate_grounding([record["components"]["grounding"] for record, _ in records]),
    )


def _audited(records: Sequence[dict[str, Any]], near_duplicate: float | None) -> AuditReport:
    """The audit of fixed records; nothing that takes a tokenizer or a look at each character."""
    audit = Audit(RequirementAuditSettings(mojibake=False, token_sample=0, near_duplicate=near_duplicate))
    for number, record in enumerate(records, 1):
        audit.add(Line(number, record, ""))
    return audit.report()


def _records(file: Path) -> list[dict[str, Any]]:
    return [parse_object(line) for line in file.read_bytes().split(b"\n") if line]
