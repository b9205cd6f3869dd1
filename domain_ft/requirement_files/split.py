"""A file of records divided into train, validation and test, by concept family."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.requirement_files.lines import read_lines, require_writable, write_line, writing
from domain_ft.requirements.curated import read_curated
from domain_ft.requirements.division import Division, divide
from domain_ft.requirements.groups import Kin
from domain_ft.requirements.settings import RequirementSplitSettings
from domain_ft.splits.by_time import SPLITS

LEFT_OUT = "left_out"


@dataclass(frozen=True)
class SplitFile:
    """Where the parts are, how many records each holds, and how they were divided."""

    paths: Mapping[str, Path]
    counts: Mapping[str, int]
    division: Division


def split_file(
    source: Path, folder: Path, settings: RequirementSplitSettings, *, seed: int = 42, curated: Path | None = None
) -> SplitFile:
    """Write `train.jsonl`, `validation.jsonl` and `test.jsonl` to a folder; each record is in exactly one of them.

    With a `curated` evaluation file what is like it (see `division`) lies in `left_out.jsonl` instead, but for test;
    without one there is no such file.
    InputError where a line is no record with a concept, or where there are too few families for three parts.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder for the parts")
    paths = {name: folder / f"{name}.jsonl" for name in (*SPLITS, LEFT_OUT)}
    require_writable(source, *paths.values())
    require_writable(curated, *paths.values())
    of_before = None if curated else paths.pop(LEFT_OUT)
    known = read_curated(curated).records if curated else ()
    with writing(source, *paths.values()) as files:
        beside = [Kin.of(record, settings.family_pattern) for record in known]
        done = divide(list(_kin(source, settings)), beside, settings, seed, str(source))
        to = dict(zip(paths, files, strict=True))
        for line, split in zip(read_lines(source), done.splits, strict=False):
            write_line(to[split or LEFT_OUT], line.text)
        if of_before:
            of_before.unlink(missing_ok=True)
    counts = Counter(split or LEFT_OUT for split in done.splits)
    return SplitFile(paths, {name: counts[name] for name in paths}, done)


def _kin(source: Path, settings: RequirementSplitSettings) -> Iterator[Kin]:
    for line in read_lines(source):
        if line.record is None or line.concept is None:
            raise InputError(f"{source}:{line.number}: is no record with a concept; run: domain-ft audit {source}")
        yield Kin.of(line.record, settings.family_pattern)
