"""The retrieval task of pairs: every passage is ranked, whatever is known to answer is relevant, texts count once."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from domain_ft.evaluation.metric_names import PAIR_METRICS
from domain_ft.evaluation.pairs_task import pairs_task
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.pairs.tables import PAIRS, canonical, pair_ids


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    """Pairs with some cells, the others null."""
    frame = pl.DataFrame([{**dict.fromkeys(list(PAIRS)[1:]), **row} for row in rows], schema_overrides=PAIRS)
    return canonical(frame.with_columns(pair_ids(frame)))


def placed(pairs: pl.DataFrame, held_out: str = "q") -> pl.DataFrame:
    """Every pair a unit of its group (or its own), held out if its query begins so."""
    return pairs.select(
        "pair_id",
        unit=pl.coalesce("group", "pair_id"),
        split=pl.when(pl.col("query").str.to_lowercase().str.starts_with(held_out))
        .then(pl.lit("test"))
        .otherwise(pl.lit("train")),
    )


def task_of(*rows: dict[str, Any], targets: tuple[str, ...] = ("passage",), **options: Any) -> RetrievalTask:
    pairs = table(*rows)
    return pairs_task(pairs, placed(pairs), "test", targets, **options)


def relevant_texts(task: RetrievalTask) -> dict[str, set[str]]:
    """Query text -> texts of its relevant items."""
    return {
        text: {task.item_texts[item] for item in task.relevant_items(number)}
        for number, text in enumerate(task.query_texts)
    }


def test_a_query_of_the_split_ranks_the_passages_of_all_splits() -> None:
    task = task_of({"query": "q1", "passage": "one"}, {"query": "t1", "passage": "two"})
    assert task.query_texts == ("q1",)
    assert {task.item_texts[item] for item in task.candidates(0)} == {"one", "two"}
    assert relevant_texts(task) == {"q1": {"one"}}


def test_pairs_are_measured_by_what_stands_first_and_not_by_apfd() -> None:
    assert task_of({"query": "q1", "passage": "one"}, {"query": "t1", "passage": "two"}).metrics == PAIR_METRICS
    assert "apfd" not in PAIR_METRICS


def test_all_passages_that_answer_a_query_are_relevant() -> None:
    task = task_of(
        {"query": "q1", "passage": "one"}, {"query": "Q1 ", "passage": "two"}, {"query": "q2", "passage": "one"}
    )
    assert len(task.query_texts) == 2
    assert sorted(map(sorted, relevant_texts(task).values())) == [["one"], ["one", "two"]]


def test_passages_that_differ_in_case_and_space_alone_are_one() -> None:
    task = task_of({"query": "q1", "passage": "One  thing"}, {"query": "q2", "passage": "one thing"})
    assert len(task.item_texts) == 1
    assert np.bincount(task.relevant.item).tolist() == [2]


def test_each_target_has_a_corpus_and_a_slice_of_its_own() -> None:
    rows = [{"query": f"q{n}", "passage": f"answer {n}", "context": f"paragraph {n // 2}"} for n in range(4)]
    task = task_of(*rows, targets=("passage", "context"))
    sizes = sorted(int(task.stop[query] - task.first[query]) for query in range(len(task.query_texts)))
    assert sizes == [2, 2, 2, 2, 4, 4, 4, 4]
    assert {name: int(mask.sum()) for name, mask in task.slices.items()} == {"context": 4, "passage": 4}


def test_queries_of_one_document_are_one_cluster() -> None:
    rows = [{"query": f"q{n}", "passage": f"p{n}", "group": f"paper {n // 3}"} for n in range(6)]
    task = task_of(*rows)
    assert len(set(task.clusters.tolist())) == 2


def test_sub_domains_are_slices() -> None:
    rows = [{"query": f"q{n}", "passage": f"p{n}", "sub_domain": "radar" if n < 2 else "lift"} for n in range(5)]
    assert {name: int(mask.sum()) for name, mask in task_of(*rows).slices.items()} == {"lift": 3, "radar": 2}


def test_a_sub_domain_with_the_name_of_a_target_has_a_slice_beside_the_targets() -> None:
    rows = [
        {"query": f"q{n}", "passage": f"p{n}", "context": f"c{n}", "sub_domain": "passage" if n < 2 else "lift"}
        for n in range(5)
    ]
    both = {name: int(mask.sum()) for name, mask in task_of(*rows, targets=("passage", "context")).slices.items()}
    assert both == {"passage": 5, "context": 5, "sub-domain passage": 4, "lift": 6}
    assert set(task_of(*rows).slices) == {"passage", "lift"}


def test_a_negative_in_the_corpus_is_unaffected_unless_it_answers_in_another_row() -> None:
    task = task_of(
        {"query": "q1", "passage": "one", "negative": "two"},
        {"query": "q1", "passage": "three", "negative": "one"},
        {"query": "t1", "passage": "two", "negative": "not in the corpus"},
    )
    assert [task.item_texts[item] for item in task.unaffected.item] == ["two"]


def test_what_a_model_has_seen_is_left_out_and_counted() -> None:
    pairs = table({"query": "q1", "passage": "one"}, {"query": "q2", "passage": "two"})
    seen = frozenset(pairs.filter(pl.col("query") == "q1")["pair_id"])
    task = pairs_task(pairs, placed(pairs), "test", ("passage",), exclude=seen)
    assert task.query_texts == ("q2",)
    assert task.counts == {"queries": 2, "ranked": 1, "excluded": 1}


@pytest.mark.parametrize("step", [1, -1])
def test_the_order_of_the_rows_does_not_matter(step: int) -> None:
    rows = [{"query": f"q{n % 3}", "passage": f"p{n}", "group": "g"} for n in range(7)]
    assert task_of(*rows[::step]).digest == task_of(*rows).digest


def test_pairs_outside_the_dataset_are_in_the_corpus_only() -> None:
    pairs = table({"query": "q1", "passage": "one"}, {"query": "q2", "passage": "two"})
    some = placed(pairs).filter(pl.col("pair_id") == pairs.filter(pl.col("query") == "q1")["pair_id"].item())
    task = pairs_task(pairs, some, "test", ("passage",))
    assert task.query_texts == ("q1",)
    assert set(task.item_texts) == {"one", "two"}
