"""A file of records divided into train, validation and test, by concept family."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.requirement_files.lines import read_lines, refuse_same, write_line, writing
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

    With a `curated` evaluation file what is like it (see `division`) lies in `left_out.jsonl` instead, but for test.
    InputError where a line is no record with a concept, or where there are too few families for three parts.
    """
    known = read_curated(curated).records if curated else ()
    kin = []
    for line in read_lines(source):
        if line.record is None or line.concept is None:
            raise InputError(f"{source}:{line.number}: is no record with a concept; run: domain-ft audit {source}")
        kin.append(Kin.of(line.record, settings.family_pattern))
    done = divide(kin, [Kin.of(record, settings.family_pattern) for record in known], settings, seed, str(source))
    paths = {name: folder / f"{name}.jsonl" for name in (*SPLITS, LEFT_OUT) if curated or name != LEFT_OUT}
    for path in paths.values():
        refuse_same(curated, path)
    with writing(source, *paths.values()) as files:
        to = dict(zip(paths, files, strict=True))
        for line, split in zip(read_lines(source), done.splits, strict=True):
            write_line(to[split or LEFT_OUT], line.text)
    counts = Counter(split or LEFT_OUT for split in done.splits)
    return SplitFile(paths, {name: counts[name] for name in paths}, done)
