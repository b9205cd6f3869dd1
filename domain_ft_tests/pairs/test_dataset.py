"""Pairs become triplets: nothing leaks, negatives never answer, and what cannot be split is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.errors import DomainFtError, InputError
from domain_ft.evaluation.held_out import open_dataset
from domain_ft.pairs import dataset
from domain_ft.pairs.checks import evaluate_pair_dataset
from domain_ft.pairs.dataset import build_pair_dataset
from domain_ft.pairs.groups import groups_of
from domain_ft.pairs.leakage import pair_leakage
from domain_ft.pairs.settings import PairTripletSettings
from domain_ft.pairs.tables import PAIRS, canonical, pair_ids
from domain_ft.splits.by_group import Group
from domain_ft.store.publish import read_manifest
from domain_ft.words import normalized
from domain_ft_tests.pairs.landed_pairs import Folder, a_pair

PARTS = ("gear", "lamp", "seat", "door", "pump", "belt", "horn", "lock", "wheel", "brake")
Build = Callable[..., Any]


def rows(passages: int = 40, queries: int = 3, **cells: Any) -> list[dict[str, Any]]:
    """Several queries for each of some passages that have little in common."""
    return [
        a_pair(
            query=f"{verb} {PARTS[number % 10]} {number * 7919 % 9973}",
            passage=f"{number * 104729 % 99991} turns of the {PARTS[number % 10]} are {number * 31337 % 7919} inches",
            negative=None,
            **cells,
        )
        for number in range(passages)
        for verb in ("mend the", "where stands the", "clean the")[:queries]
    ]


def counts_of(result: Any) -> dict[str, int]:
    """The funnel's counts by name."""
    return {row.name: row.count for row in result.funnel}


@pytest.fixture
def build(folder: Folder) -> Build:
    """Land rows and make their dataset; returns its result and its triplets."""

    def made(landed: list[dict[str, Any]], **changes: Any) -> tuple[Any, pl.DataFrame]:
        folder.land(*landed)
        result = build_pair_dataset(
            folder.raw / "current", folder.path / "out", PairTripletSettings(**{"minimum": 1, **changes})
        )
        return result, pl.read_parquet(result.path / "triplets.parquet")

    return made


def test_each_pair_is_a_triplet_of_one_split(build: Build) -> None:
    result, triplets = build(rows())
    assert sum(result.counts.values()) == triplets.height == 120
    assert all(count > 0 for count in result.counts.values())
    assert set(result.leakage.values()) == {0}


def test_queries_of_one_passage_stay_together(build: Build) -> None:
    _, triplets = build(rows())
    assert triplets.group_by("positive").agg(pl.col("split").n_unique())["split"].max() == 1


def test_pairs_of_one_document_stay_together(build: Build) -> None:
    landed = [{**row, "group": f"paper {number // 6}"} for number, row in enumerate(rows(60, 1))]
    _, triplets = build(landed)
    assert triplets["unit"].n_unique() == 10
    assert triplets.group_by("unit").agg(pl.col("split").n_unique())["split"].max() == 1


def test_passages_that_are_nearly_the_same_stay_together(build: Build) -> None:
    landed = rows(30, 1)
    twins = [{**row, "query": f"twin of {row['query']}", "passage": f"{row['passage']}!"} for row in landed]
    _, triplets = build(landed + twins, near_duplicate=0.8)
    alike = triplets.with_columns(key=pl.col("positive").str.strip_chars("!"))
    assert alike.group_by("key").agg(pl.col("split").n_unique())["split"].max() == 1


def test_all_rows_in_one_group_have_no_honest_split(build: Build) -> None:
    landed = [{**row, "group": "one book"} for row in rows(10)]
    with pytest.raises(
        InputError, match=r"no honest split is possible: 30 pairs are 1 group .the largest has 30 pairs"
    ):
        build(landed)


def test_all_rows_in_one_chain_of_shared_passages_have_no_honest_split(build: Build) -> None:
    links = rows(20, 1)
    chain = [{**row, "query": links[number - 1]["query"]} for number, row in enumerate(links) if number]
    with pytest.raises(InputError, match=r"no honest split is possible: 39 pairs are 1 group"):
        build(links + chain)


def test_a_sub_domain_of_three_rows_is_split_without_a_leak(build: Build) -> None:
    few = [{**row, "part": "rare", "query": f"rare {row['query']}"} for row in rows(43, 1)[40:]]
    result, triplets = build(rows(part="gears") + few)
    assert triplets.filter(sub_domain="rare").height == 3
    assert sum(counts.get("rare", 0) for counts in read_manifest(result.path)["slices"].values()) == 3
    assert set(result.leakage.values()) == {0}


def test_too_few_triplets_are_refused_with_the_numbers(build: Build) -> None:
    with pytest.raises(InputError, match=r"only \d+ training triplets \(triplets.minimum is 500\): of 120 pairs"):
        build(rows(), minimum=500)


def test_a_given_negative_is_used_where_it_may_be(build: Build) -> None:
    landed = [{**row, "negative": "The seat belt is locked by turning the buckle."} for row in rows()]
    result, triplets = build(landed)
    assert set(triplets["negative"]) == {"The seat belt is locked by turning the buckle."}
    assert counts_of(result)["negatives_mined"] == 0


@pytest.mark.parametrize("how", ["given", "hard", "random"])
def test_a_negative_never_answers_its_query_and_is_of_the_same_split(build: Build, how: str) -> None:
    landed = rows()
    landed = [{**row, "negative": landed[number * 5 % len(landed)]["passage"]} for number, row in enumerate(landed)]
    _, triplets = build(landed, negatives=how)
    home = dict(triplets.select("positive", "split").unique().iter_rows())
    answers = {(normalized(row["query"]), row["passage"]) for row in landed}
    for row in triplets.iter_rows(named=True):
        assert (normalized(row["anchor"]), row["negative"]) not in answers
        assert home[row["negative"]] == row["split"]


def test_a_context_of_another_split_is_no_negative_even_if_contexts_are_not_asked_for(build: Build) -> None:
    landed = [{**row, "context": f"The book says: {row['passage']} And more of it."} for row in rows()]
    landed = [{**row, "negative": landed[number * 7 % len(landed)]["context"]} for number, row in enumerate(landed)]
    result, triplets = build(landed)
    home = {row["context"]: split for row in landed for split in triplets.filter(positive=row["passage"])["split"]}
    used = triplets.filter(pl.col("negative").is_in(list(home)))
    assert used.height > 0
    assert all(home[row["negative"]] == row["split"] for row in used.iter_rows(named=True))
    assert counts_of(result)["negatives_of_another_split"] > 0


def test_what_is_nearly_a_passage_of_another_split_is_no_negative(build: Build) -> None:
    landed = rows()
    near = [f"{row['passage']}!" for row in landed]
    landed = [{**row, "negative": near[number * 7 % len(near)]} for number, row in enumerate(landed)]
    result, triplets = build(landed)
    home = dict(triplets.select("positive", "split").unique().iter_rows())
    given = triplets.filter(pl.col("negative").str.ends_with("!"))
    assert all(home[row["negative"].rstrip("!")] == row["split"] for row in given.iter_rows(named=True))
    counts = counts_of(result)
    assert counts["negatives_near_another_split"] == counts["negatives_mined"] == triplets.height - given.height > 0
    assert set(build(landed, near_duplicate=1.0)[1]["negative"]) == set(near)


def test_a_hard_negative_is_nearest_to_the_query(build: Build) -> None:
    _, triplets = build(rows(), negatives="hard")
    same_part = [
        part
        for row in triplets.iter_rows(named=True)
        for part in PARTS
        if part in row["anchor"] and part in row["negative"]
    ]
    assert len(same_part) > triplets.height * 0.7


def test_a_random_negative_is_any_other(build: Build) -> None:
    hard, lots = (build(rows(), negatives=how)[1] for how in ("hard", "random"))
    differ = [one != two for one, two in zip(hard["negative"], lots["negative"], strict=True)]
    assert sum(differ) > len(differ) / 2
    assert lots["negative"].n_unique() > 20


def test_each_target_is_asked_for(build: Build) -> None:
    landed = [{**row, "context": f"The book says: {row['passage']} And more of it."} for row in rows()]
    result, triplets = build(landed, targets=["passage", "context"])
    assert dict(triplets["target"].value_counts().iter_rows()) == {"passage": 120, "context": 120}
    assert result.counts["train"] == 2 * build(landed)[0].counts["train"]


def test_at_most_so_many_training_pairs_of_one_passage(build: Build) -> None:
    result, triplets = build(rows(), max_per_passage=1)
    counted = triplets.group_by("split", "positive").len().group_by("split").agg(pl.col("len").max())
    assert dict(counted.iter_rows()) == {"train": 1, "validation": 3, "test": 3}
    assert counts_of(result)["triplets_over_max_per_passage"] > 0


def test_a_sample_is_of_the_size_asked_for_and_stays_as_data_grows(build: Build) -> None:
    small = set(build(rows(60, 1), sample_size=40)[1]["pair_id"])
    large = set(build(rows(80, 1), sample_size=40)[1]["pair_id"])
    assert len(small) == len(large) == 40
    assert len(small & large) >= 20


def test_what_answers_outside_the_sample_is_no_negative(build: Build) -> None:
    """A passage of the sample may answer a query in a row that the sample left out."""
    named = rows(30, 1)
    landed = [
        {**row, "passage": named[number - number % 3 + place]["passage"]}
        for number, row in enumerate(named)
        for place in range(3)
    ]
    answers = {(normalized(row["query"]), row["passage"]) for row in landed}
    _, triplets = build(landed, sample_size=45, negatives="hard")
    asked = set(triplets.select("anchor", "negative").drop_nulls().iter_rows())
    assert len(asked) > 20
    assert not {(normalized(anchor), negative) for anchor, negative in asked} & answers


def test_what_is_known_to_belong_together_is_not_limited_to_the_sample(build: Build, folder: Folder) -> None:
    landed = [*rows(), *({**row, "query": row["query"].upper(), "passage": f"{row['passage']} each"} for row in rows())]
    result, triplets = build(landed, sample_size=60)
    related = open_dataset(folder.raw / "current", result.path).related("train")
    asked = set(triplets.filter(split="train")["anchor"].map_elements(normalized, pl.String))
    expected = {(row["query"], row["passage"]) for row in landed if normalized(row["query"]) in asked}
    assert set(related.select("anchor", "positive").iter_rows()) == expected
    assert len(expected) > result.counts["train"]


def test_the_shares_of_the_split_take_effect(build: Build) -> None:
    few, many = (
        build(rows(200, 1), split=share)[0].counts
        for share in ({"validation": 0.05, "test": 0.1}, {"validation": 0.2, "test": 0.4})
    )
    for name in ("validation", "test"):
        assert many[name] > 2 * few[name] > 0


def test_texts_are_divided_or_not_by_the_similarity_asked_for(build: Build) -> None:
    landed = rows(30, 1)
    twins = [{**row, "query": f"{row['query']} twin", "passage": f"{row['passage']}!"} for row in landed]
    near, apart = (counts_of(build(landed + twins, near_duplicate=each)[0])["groups"] for each in (0.8, 1.0))
    assert (near, apart) == (30, 60)


def test_the_seed_decides_the_split_and_the_sample(build: Build) -> None:
    first, same, other = (build(rows(), seed=seed, sample_size=90)[1] for seed in (1, 1, 2))
    assert first.equals(same)
    assert set(first["pair_id"]) != set(other["pair_id"])
    place, moved = (dict(triplets.select("pair_id", "split").iter_rows()) for triplets in (first, other))
    assert any(place[pair] != moved[pair] for pair in place.keys() & moved.keys())


def test_the_same_pairs_and_settings_are_not_split_twice(build: Build) -> None:
    first, second = build(rows())[0], build(rows())[0]
    assert (first.reused, second.reused, second.path) == (False, True, first.path)


def test_the_checks_hold_and_say_what_they_expected(build: Build) -> None:
    outcomes = evaluate_pair_dataset(build(rows())[0].path)
    assert [outcome.name for outcome in outcomes] == ["leakage", "minimum_size", "repeated_texts"]
    assert outcomes[0].passed
    assert outcomes[0].message == "leaks: none (expected: none)"


def placed_and_triplets(*said: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A dataset without a leak (one pair trained on, one held out) with other cells in the held-out pair."""
    trained = {
        "pair_id": "a", "group": "one", "query": "mend the gear", "passage": "turn it left", "context": "turn it left",
        "negative": "a lamp is red", "split": "train",
    }  # fmt: skip
    held = {
        "pair_id": "b", "group": "two", "query": "clean the lamp", "passage": "wipe it dry", "context": "wipe it dry",
        "negative": "a horn is loud", "split": "test",
    }  # fmt: skip
    placed = pl.DataFrame([trained, *({**held, **cells} for cells in said)])
    return placed, placed.select("negative", "pair_id", "split", anchor="query", positive="passage")


@pytest.mark.parametrize(
    ("leak", "cells"),
    {
        "pairs_in_two_splits": {"pair_id": "a"},
        "groups_in_two_splits": {"group": "one"},
        "queries_in_two_splits": {"query": "Mend  the gear"},
        "passages_in_two_splits": {"context": "Turn it LEFT"},
        "held_out_passages_as_negatives": {"negative": "turn it left"},
        "near_queries_in_two_splits": {"query": "mend the gears"},
        "near_passages_in_two_splits": {"negative": "turn it left!"},
    }.items(),
)
def test_a_leak_of_each_kind_is_counted(leak: str, cells: dict[str, str]) -> None:
    assert pair_leakage(*placed_and_triplets({}), 0.7).total == 0
    found = pair_leakage(*placed_and_triplets(cells), 0.7)
    assert {name: count for name, count in found.as_json().items() if count} == {leak: 1}


def test_a_dataset_that_leaks_is_not_published(build: Build, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def split_anyhow(groups: list[Any], *_: object) -> dict[str, str]:
        return {group.name: ("train", "validation", "test")[place % 3] for place, group in enumerate(groups)}

    def each_alone(pairs: pl.DataFrame, _: float) -> tuple[list[str], list[Group]]:
        return pairs["pair_id"].to_list(), [Group(name, "", 1) for name in pairs["pair_id"]]

    monkeypatch.setattr(dataset, "groups_of", each_alone)
    monkeypatch.setattr(dataset, "split_by_group", split_anyhow)
    with pytest.raises(DomainFtError, match=r"leaks between its splits \(passages_in_two_splits \d+"):
        build(rows())
    assert not list((folder.path / "out").glob("*"))


def test_the_funnel_adds_up(build: Build) -> None:
    result, triplets = build(rows(), max_per_passage=2)
    count = counts_of(result)
    assert count["triplets"] - count["triplets_over_max_per_passage"] == triplets.height
    assert sum(count[f"triplets_{split}"] for split in ("train", "validation", "test")) == triplets.height


def test_the_manifest_says_what_counts_as_relevant(build: Build) -> None:
    manifest = read_manifest(build(rows())[0].path)
    assert (manifest["made_from"], manifest["relevance"]["name"]) == ("pairs", "pair")


TEXTS = st.sampled_from([f"text {number} about the {part}" for number, part in enumerate(PARTS)])


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from([None, "a", "b"])), min_size=1, max_size=20))
def test_whatever_shares_a_text_or_a_document_is_one_group(said: list[tuple[str, str, str | None]]) -> None:
    absent = dict.fromkeys(("context", "negative", "sub_domain"))
    rows_said = [
        {"query": f"q {query}", "passage": passage, "group": group, **absent} for query, passage, group in said
    ]
    table = pl.DataFrame(rows_said, schema_overrides=PAIRS)
    pairs = canonical(table.with_columns(pair_ids(table))).unique("pair_id", maintain_order=True)
    units, groups = groups_of(pairs, 1.0)
    assert sum(group.rows for group in groups) == pairs.height
    for column in ("query", "passage", "group"):
        named = pairs.with_columns(unit=pl.Series(units)).filter(pl.col(column).is_not_null())
        assert named.group_by(column).agg(pl.col("unit").n_unique()).filter(pl.col("unit") > 1).is_empty()


def test_a_folder_of_pairs_that_was_altered_is_refused(build: Build, folder: Folder) -> None:
    build(rows())
    path: Path = folder.raw / "current" / "pairs.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(Exception, match=r"pairs.parquet: altered"):
        build_pair_dataset(folder.raw / "current", folder.path / "out", PairTripletSettings(minimum=2))
