"""What may not be divided is one group, and each group counts for its sub-domain."""

import random

import polars as pl

from domain_ft.pairs.groups import groups_of
from domain_ft.pairs.tables import PAIRS, canonical, pair_ids
from domain_ft.splits.by_group import split_by_group
from domain_ft.splits.settings import GroupSplitSettings

LONG = "how often is the oil of the gear box renewed in winter"
WORDS = ("oil", "gear", "lamp", "fuse", "belt", "horn", "seat", "pump", "lock", "door")


def table(*rows: dict[str, str]) -> pl.DataFrame:
    frame = pl.DataFrame([{**dict.fromkeys(list(PAIRS)[1:]), **row} for row in rows], schema_overrides=PAIRS)
    return canonical(frame.with_columns(pair_ids(frame)))


def scattered(count: int, part: str, lots: random.Random) -> list[dict[str, str]]:
    """Pairs of a sub-domain that share nothing."""
    said = [" ".join(lots.choices(WORDS, k=12)) for _ in range(2 * count)]
    return [{"query": one, "passage": two, "sub_domain": part} for one, two in zip(said[::2], said[1::2], strict=True)]


def test_queries_that_are_nearly_the_same_are_one_group_from_the_similarity_asked_for() -> None:
    pairs = table({"query": LONG, "passage": "in spring"}, {"query": f"{LONG}?", "passage": "once a year"})
    assert len(groups_of(pairs, 0.9)[1]) == 1
    assert len(groups_of(pairs, 1.0)[1]) == 2


def test_a_group_counts_for_the_sub_domain_that_most_of_its_rows_have() -> None:
    parts = ("lamps", "gears", "gears")
    pairs = table(*({"query": f"q{n}", "passage": "one", "sub_domain": part} for n, part in enumerate(parts)))
    (group,) = groups_of(pairs, 0.9)[1]
    assert (group.stratum, group.rows) == ("gears", 3)


def test_a_small_sub_domain_is_held_out_in_part_beside_a_large_one() -> None:
    lots = random.Random(1)
    pairs = table(*scattered(60, "large", lots), *scattered(6, "small", lots))
    units, groups = groups_of(pairs, 0.9)
    small = pairs.with_columns(unit=pl.Series(units)).filter(sub_domain="small")["unit"].to_list()
    for seed in range(20):
        split = split_by_group(groups, GroupSplitSettings(), seed)
        assert {"train", "test"} <= {split[unit] for unit in small}
