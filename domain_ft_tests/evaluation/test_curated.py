"""The evaluation file's task: in the corpus of the domain, and without what a model was trained on."""

from collections.abc import Sequence

import polars as pl
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.curated import CuratedTask, EvaluationFile, curated_task
from domain_ft.pairs.tables import PAIRS, canonical, pair_ids

LANDED = [
    ("how do I change the oil of the engine", "drain the oil, then fill in new oil"),
    ("how do I change the lamp of the cabin", "open the cover and pull out the lamp"),
]


def pairs_of(rows: Sequence[tuple[str, str]]) -> pl.DataFrame:
    table = pl.DataFrame(
        [{**dict.fromkeys(list(PAIRS)[1:]), "query": query, "passage": passage} for query, passage in rows],
        schema_overrides=PAIRS,
    )
    return canonical(table.with_columns(pair_ids(table)))


def curated(rows: Sequence[tuple[str, str]], trained_on: int = 1) -> CuratedTask:
    """The task of judged rows where the first of the landed pairs are known to a model."""
    landed = pairs_of(LANDED)
    seen = frozenset(pairs_of(LANDED[:trained_on])["pair_id"])
    return curated_task(EvaluationFile("judged.csv", "0" * 64, pairs_of(rows)), landed, seen, ("passage",), 0.9)


def test_a_judged_query_ranks_the_domains_passages_and_the_files_own() -> None:
    found = curated([("which fuse is for the horn", "the horn has fuse seven")])
    assert {found.task.item_texts[item] for item in found.task.candidates(0)} == {
        "the horn has fuse seven", *(passage for _, passage in LANDED)
    }  # fmt: skip
    assert [found.task.item_texts[item] for item in found.task.relevant_items(0)] == ["the horn has fuse seven"]
    assert found.counts == {"rows": 1, "left_out": 0, "queries": 1, "passages_trained_on": 0}


@pytest.mark.parametrize("query", ["How do I  change the oil of the ENGINE", "how do I change the oil of the engine?"])
def test_a_query_that_a_model_was_trained_on_is_left_out_word_for_word_or_nearly_so(query: str) -> None:
    found = curated([(query, LANDED[0][1]), ("which fuse is for the horn", "fuse seven")])
    assert found.task.query_texts == ("which fuse is for the horn",)
    assert found.counts["left_out"] == 1


def test_a_query_that_no_model_knows_stays_even_if_it_landed() -> None:
    assert curated([LANDED[1]]).counts["left_out"] == 0
    with pytest.raises(DomainFtError, match=r"judged\.csv: every query .* stands in what a model was trained on"):
        curated([LANDED[1]], trained_on=2)


def test_a_passage_trained_on_with_another_query_is_asked_for_and_counted() -> None:
    found = curated([("what comes after the old oil is out", LANDED[0][1])])
    assert (found.counts["queries"], found.counts["passages_trained_on"]) == (1, 1)


def test_queries_of_one_passage_are_one_piece_of_evidence() -> None:
    found = curated([("first question of three words", "one"), ("second question of three words", "one"),
                     ("something else altogether here", "two")])  # fmt: skip
    assert len(set(found.task.clusters.tolist())) == 2
