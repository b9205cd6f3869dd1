"""Records divided into train, validation and test by concept family, beside an evaluation file that none may know.

What is like a concept of the evaluation file is left out of train and validation, for a model is fitted to the one and
chosen by the other. That goes for its whole family: test holds families that no model has seen, and figures on the
evaluation file are to mean the same. In test such a record stays, and is counted. The file moves no other record.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from domain_ft.amounts import counted
from domain_ft.errors import InputError
from domain_ft.requirements.groups import JUDGED, Kin, RecordLeakage, groups_of, record_leakage
from domain_ft.requirements.settings import RequirementSplitSettings
from domain_ft.splits.by_group import split_by_group
from domain_ft.splits.by_time import SPLITS
from domain_ft.texts.near_duplicates import near_duplicates

Likeness = Literal["concept", "near_concept", "family"]
LIKENESSES: tuple[Likeness, ...] = get_args(Likeness)
"""How a record is like one of the evaluation file, the closest first; `family` is whatever else a split would keep
together with it."""


@dataclass(frozen=True)
class Division:
    """Where each record stands; None where it is left out for the sake of the evaluation file."""

    splits: tuple[str | None, ...]
    groups: int
    """What was divided, before anything was left out."""
    families: Mapping[str, int]
    """Groups per part."""
    left_out: Mapping[Likeness, int]
    like_in_test: int
    """Records of test that are like one of the evaluation file."""
    leakage: RecordLeakage


def divide(
    records: Sequence[Kin],
    curated: Sequence[Kin],
    settings: RequirementSplitSettings,
    seed: int,
    what: str = "the dataset",
) -> Division:
    """Divide the records of `what`; a family keeps its part whatever their order and whatever is curated.

    InputError where a part would be empty; DomainFtError where something leaks, which is a fault of ours.
    """
    names, groups = groups_of(records, settings.near_duplicate)
    home = split_by_group(groups, settings, seed)
    likeness = _likeness(records, curated, settings.near_duplicate)
    kept = [home[name] == JUDGED or like is None for name, like in zip(names, likeness, strict=True)]
    splits = tuple(home[name] if stays else None for name, stays in zip(names, kept, strict=True))
    left_out = Counter(like for like, stays in zip(likeness, kept, strict=True) if like and not stays)
    _require_parts(splits, len(groups), what)
    placed = [(record, split) for record, split in zip(records, splits, strict=True) if split]
    leakage = record_leakage(placed, settings.near_duplicate, curated)
    leakage.require_none(what)
    families = Counter(home[name] for name in {name for name, stays in zip(names, kept, strict=True) if stays})
    return Division(
        splits,
        len(groups),
        {part: families[part] for part in SPLITS},
        {each: left_out[each] for each in LIKENESSES},
        sum(like is not None for like in likeness) - left_out.total(),
        leakage,
    )


def _likeness(records: Sequence[Kin], curated: Sequence[Kin], near_duplicate: float) -> list[Likeness | None]:
    if not curated:
        return [None] * len(records)
    names, _ = groups_of([*records, *curated], near_duplicate)
    held = set(names[len(records) :])
    equal = {each.concept for each in curated}
    concepts = sorted({each.concept for each in (*records, *curated)})
    pairs = [(concepts[one], concepts[other]) for one, other in near_duplicates(concepts, near_duplicate)]
    near = {one for pair in pairs for one, other in (pair, pair[::-1]) if other in equal}

    def like(record: Kin, name: str) -> Likeness | None:
        if record.concept in equal:
            return "concept"
        if record.concept in near:
            return "near_concept"
        return "family" if name in held else None

    return [like(record, name) for record, name in zip(records, names, strict=False)]


def _require_parts(splits: Sequence[str | None], families: int, what: str) -> None:
    missing = [name for name in SPLITS if name not in splits]
    if not missing:
        return
    left_out = splits.count(None)
    beside = f", {left_out:,} of them left out for the evaluation file" if left_out else ""
    raise InputError(
        f"{what}: no honest split is possible: in {counted(len(splits), 'records')} of {counted(families, 'families')} "
        f"of concepts{beside}, there is nothing for {' and '.join(missing)}; add records of further families, or "
        f"change family_pattern{' or the evaluation file' if left_out else ''}"
    )
