"""A file of records divided into train, validation and test, by concept family."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.requirement_files.lines import read_lines, write_line, writing
from domain_ft.requirements.groups import Kin, RecordLeakage, groups_of, record_leakage
from domain_ft.requirements.settings import RequirementSplitSettings
from domain_ft.splits.by_group import split_by_group
from domain_ft.splits.by_time import SPLITS


@dataclass(frozen=True)
class SplitFile:
    """Where the parts are, how many records and groups each holds, and what slips from one into another."""

    paths: Mapping[str, Path]
    counts: Mapping[str, int]
    groups: Mapping[str, int]
    leakage: RecordLeakage


def split_file(source: Path, folder: Path, settings: RequirementSplitSettings, *, seed: int = 42) -> SplitFile:
    """Write `train.jsonl`, `validation.jsonl` and `test.jsonl` to a folder; each record is in exactly one of them.

    InputError where a line is no record with a concept, or where there are too few families for three parts.
    """
    kin = []
    for line in read_lines(source):
        if line.record is None or line.concept is None:
            raise InputError(f"{source}:{line.number}: is no record with a concept; run: domain-ft audit {source}")
        kin.append(Kin.of(line.record, settings.family_pattern))
    names, groups = groups_of(kin, settings.near_duplicate)
    home = split_by_group(groups, settings, seed)
    splits = [home[name] for name in names]
    missing = [name for name in SPLITS if name not in splits]
    if missing:
        raise InputError(
            f"{source}: {len(groups)} families of concepts leave none for {' and '.join(missing)}; add records of "
            "other families, or change family_pattern"
        )
    leakage = record_leakage(kin, splits, settings.near_duplicate)
    leakage.require_none(f"{source}: the split")
    paths = {name: folder / f"{name}.jsonl" for name in SPLITS}
    with writing(source, *paths.values()) as files:
        to = dict(zip(paths, files, strict=True))
        for line, split in zip(read_lines(source), splits, strict=True):
            write_line(to[split], line.text)
    counts, parts = Counter(splits), Counter(home.values())
    return SplitFile(paths, {name: counts[name] for name in SPLITS}, {name: parts[name] for name in SPLITS}, leakage)
