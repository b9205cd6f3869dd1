"""What is like a record of the evaluation file is never learned from, and the file moves no other record."""

from random import Random

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from domain_ft.errors import DomainFtError, InputError
from domain_ft.requirements.division import Division, divide
from domain_ft.requirements.groups import Kin, record_leakage
from domain_ft.requirements.settings import RequirementSplitSettings
from domain_ft.texts.near_duplicates import near_duplicates

SETTINGS = RequirementSplitSettings()
WHO = ("nurses", "teachers", "the staff of a small bookshop in the old town of Lisbon", "farmers", "pilots")
KIN = st.builds(
    lambda product, who, dots: Kin(f"product {product} for {WHO[who]}{'.' * dots}", f"family {product}"),
    st.integers(0, 40),
    st.integers(0, 4),
    st.integers(0, 2),
)
MANY = [Kin(f"product {product} for {who}", f"family {product}") for product in range(25) for who in WHO]


def at(division: Division, records: list[Kin]) -> dict[Kin, str | None]:
    return dict(zip(records, division.splits, strict=True))


def divided(records: list[Kin], curated: list[Kin]) -> Division:
    """A division; where the evaluation file takes a whole part, there is none (which another test is about)."""
    try:
        return divide(records, curated, SETTINGS, 42)
    except InputError:
        reject()


@settings(max_examples=12)
@given(st.lists(KIN, max_size=30), st.lists(KIN, max_size=5))
def test_nothing_like_a_curated_record_is_learned(more: list[Kin], curated: list[Kin]) -> None:
    records = [*MANY, *more]
    division = divided(records, curated)
    learned = [each for each, split in at(division, records).items() if split in ("train", "validation")]
    assert not {each.concept for each in learned} & {each.concept for each in curated}
    assert not {each.family for each in learned} & {each.family for each in curated}
    texts = sorted({each.concept for each in (*learned, *curated)})
    known = {each.concept for each in curated}
    near = near_duplicates(texts, SETTINGS.near_duplicate)
    assert all((texts[one] in known) == (texts[other] in known) for one, other in near)
    assert division.leakage.total == 0


@settings(max_examples=12)
@given(st.lists(KIN, max_size=5), st.randoms(use_true_random=False))
def test_the_evaluation_file_moves_no_record_and_the_counts_add_up(curated: list[Kin], random: Random) -> None:
    shuffled = random.sample(MANY, len(MANY))
    without, division = (divided(shuffled, each) for each in ([], curated))
    pairs = list(zip(without.splits, division.splits, strict=True))
    assert all(after in (before, None) for before, after in pairs)
    assert all(after == "test" for before, after in pairs if before == "test")
    assert sum(after is None for _, after in pairs) == sum(division.left_out.values())
    assert at(division, shuffled) == at(divide(MANY, curated, SETTINGS, 42), MANY)


def trained_on() -> Kin:
    return next(each for each, split in at(divide(MANY, [], SETTINGS, 42), MANY).items() if split == "train")


def test_each_record_is_left_out_for_the_closest_likeness() -> None:
    one = trained_on()
    near = Kin("the staff of a small bookshop in the old town of Porto", None)
    twin = Kin("The staff of a small bookshop in the old town of Porto!".lower(), None)
    records = [*MANY, *([near] * 3)]
    division = divide(records, [one, twin], SETTINGS, 42)
    beside = 0 if at(division, records)[near] == "test" else 3
    assert division.left_out == {"concept": 1, "near_concept": beside, "family": len(WHO) - 1}


def test_test_records_like_a_curated_one_stay_and_are_counted() -> None:
    held = next(each for each, split in at(divide(MANY, [], SETTINGS, 42), MANY).items() if split == "test")
    division = divide(MANY, [held], SETTINGS, 42)
    assert division.like_in_test == len(WHO)
    assert None not in division.splits


def test_what_a_split_lets_slip_is_counted_from_the_records_alone() -> None:
    placed = [(Kin("a shop for nurses", "a"), "train"), (Kin("b shop for nurses", "b"), "validation")]
    curated = [Kin("a shop for nurses", "a"), Kin("another shop for teachers", "b")]
    found = record_leakage(placed, 0.9, curated)
    assert (found.curated_concepts_learned, found.curated_families_learned) == (1, 2)
    long = "a platform where the nurses of a clinic trade shifts and see their hours"
    near = record_leakage([(Kin(long, None), "train")], 0.9, [Kin(f"{long}.", None)])
    assert (near.near_curated_concepts_learned, near.total) == (1, 1)
    judged = record_leakage([(Kin(long, "a"), "test")], 0.9, [Kin(long, "a"), Kin(f"{long}.", "a")])
    assert judged.total == 0
    with pytest.raises(DomainFtError, match="curated_concepts_learned 1, curated_families_learned 2"):
        found.require_none()


def test_no_part_may_be_empty() -> None:
    with pytest.raises(InputError, match=r"f: .* in 125 records of 25 families of concepts, \d+ of them left out"):
        divide(MANY, MANY, SETTINGS, 42, "f")
