"""What is asked, what is ranked, and what counts as relevant."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.task import NO_DISTINCTIVE_WORD, history_task, require_ranked
from domain_ft.history.tables import History
from domain_ft_tests.evaluation.conftest import HistoryOf

SplitsOf = Callable[[Mapping[str, str]], pl.DataFrame]


def names(task: object, items: np.ndarray) -> list[str]:
    return [task.item_ids[item] for item in items]  # type: ignore[attr-defined]


@pytest.fixture
def history(history_of: HistoryOf) -> History:
    return history_of(
        {"breaks": "PPF", "fixed": "FFP", "repeats": "FFF", "stays": "PPP", "late": "..P", "later": "...P"},
        texts={"breaks": "breaks now", "fixed": "works again"},
    )


def test_a_flip_makes_a_test_relevant_and_a_pass_without_one_unaffected(history: History, splits_of: SplitsOf) -> None:
    task = history_task(history, splits_of({"b002": "test"}), "test", "flip")

    assert task.query_ids == ("b002",)
    assert task.query_texts == ("change 2",)
    assert names(task, task.relevant_items(0)) == ["breaks", "fixed"]
    assert names(task, task.unaffected.item) == ["stays", "late"]


def test_the_corpus_is_every_test_seen_before_the_build_or_in_it(history: History, splits_of: SplitsOf) -> None:
    task = history_task(history, splits_of({"b002": "test", "b001": "test"}), "test", "flip")

    known = {build: names(task, task.candidates(query)) for query, build in enumerate(task.query_ids)}

    assert known["b002"] == ["breaks", "fixed", "repeats", "stays", "late"]
    assert known["b001"] == ["breaks", "fixed", "repeats", "stays"]


def test_a_skipped_test_is_known_but_neither_relevant_nor_unaffected(
    history_of: HistoryOf, splits_of: SplitsOf
) -> None:
    task = history_task(history_of({"a": "PF", "b": "PS", "c": "PP"}), splits_of({"b001": "test"}), "test", "flip")

    assert "b" in names(task, task.candidates(0))
    assert "b" not in names(task, np.concatenate([task.relevant.item, task.unaffected.item]))


def test_a_scope_has_a_corpus_of_its_own(history_of: HistoryOf, splits_of: SplitsOf) -> None:
    history = history_of({"a": "P.F", "b": "P.P", "x": ".P.F", "y": ".P.P"}, scopes={1: "other", 3: "other"})

    task = history_task(history, splits_of({"b002": "test", "b003": "test"}), "test", "flip")

    assert names(task, task.candidates(0)) == ["a", "b"]
    assert names(task, task.candidates(1)) == ["x", "y"]
    assert names(task, task.relevant_items(1)) == ["x"]


@pytest.mark.parametrize(
    ("relevance", "relevant", "slices"),
    [
        ("flip", ["breaks", "fixed"], {"breaks", "fixes"}),
        ("transition", ["breaks"], {"breaks"}),
        ("any_failure", ["breaks", "repeats"], {"breaks", "repeats"}),
    ],
)
def test_relevance_decides_what_is_relevant_and_which_slices_there_are(
    history: History, splits_of: SplitsOf, relevance: str, relevant: list[str], slices: set[str]
) -> None:
    task = history_task(history, splits_of({"b002": "test"}), "test", relevance)  # type: ignore[arg-type]

    assert names(task, task.relevant_items(0)) == relevant
    assert set(task.slices) == {*slices, NO_DISTINCTIVE_WORD}


def test_a_slice_holds_its_own_relevant_pairs(history: History, splits_of: SplitsOf) -> None:
    task = history_task(history, splits_of({"b002": "test"}), "test", "flip")

    assert names(task, task.relevant.item[task.slices["breaks"]]) == ["breaks"]
    assert names(task, task.relevant.item[task.slices["fixes"]]) == ["fixed"]


def test_a_test_whose_rare_word_stands_in_the_change_is_not_without_distinctive_word(
    history_of: HistoryOf, splits_of: SplitsOf
) -> None:
    texts = {f"t{number}": f"the module{number}x works" for number in range(300)}
    lines = dict.fromkeys(texts, "PP") | {"t1": "PF", "t2": "PF"}
    history = history_of(lines, texts=texts, changes={1: "the Module1x of works"})

    task = history_task(history, splits_of({"b001": "test"}), "test", "flip")

    assert names(task, task.relevant.item[task.slices[NO_DISTINCTIVE_WORD]]) == ["t2"]


def test_builds_left_out_are_counted_by_reason(history_of: HistoryOf, splits_of: SplitsOf) -> None:
    history = history_of(
        {"a": "PFPFP", "b": "PPPPP"}, changes={1: " \n", 2: "seen in training", 3: "judged on", 4: "fixes a"}
    )
    splits = splits_of({f"b{number:03d}": "test" for number in (1, 2, 3, 4)})

    task = history_task(history, splits, "test", "flip", exclude=frozenset({"b002", "b000"}))

    assert task.query_ids == ("b003", "b004")
    assert task.counts == {
        "builds": 4, "ranked": 2, "not_ranked": 0, "excluded": 1, "without_change_text": 1, "nothing_to_compare": 0
    }  # fmt: skip


def test_a_build_with_a_single_test_or_only_relevant_ones_offers_nothing_to_rank(
    history_of: HistoryOf, splits_of: SplitsOf
) -> None:
    history = history_of({"a": "PF", "b": "PF"})

    task = history_task(history, splits_of({"b001": "test"}), "test", "flip")

    assert len(task.ranked) == 0
    assert task.counts["nothing_to_compare"] == 1


def test_a_build_without_relevant_tests_is_kept_for_its_unaffected_ones(history: History, splits_of: SplitsOf) -> None:
    task = history_task(history, splits_of({"b001": "test", "b002": "test"}), "test", "flip")

    assert task.query_ids == ("b001", "b002")
    assert task.ranked.tolist() == [1]
    assert task.counts["not_ranked"] == 1


def test_builds_of_one_change_text_are_one_unit_of_resampling(history_of: HistoryOf, splits_of: SplitsOf) -> None:
    history = history_of({"a": "PFPF", "b": "PPPP"}, changes={1: "Bump  version", 2: "other", 3: "bump version"})

    task = history_task(history, splits_of({f"b{n:03d}": "test" for n in (1, 2, 3)}), "test", "flip")

    assert task.clusters.tolist() == [0, 1, 0]


def test_the_row_order_of_the_tables_does_not_matter(history: History, splits_of: SplitsOf) -> None:
    shuffled = History(*(table.sample(fraction=1, shuffle=True, seed=3) for table in history.tables().values()))
    splits = splits_of({"b001": "test", "b002": "test"})

    assert history_task(shuffled, splits, "test", "flip").digest == history_task(history, splits, "test", "flip").digest


def test_the_digest_tells_different_labels_apart(history: History, splits_of: SplitsOf) -> None:
    splits = splits_of({"b002": "test"})

    assert (
        history_task(history, splits, "test", "flip").digest
        != history_task(history, splits, "test", "transition").digest
    )


def test_a_split_on_which_nothing_can_be_ranked_is_refused_with_its_counts(
    history: History, splits_of: SplitsOf
) -> None:
    task = history_task(history, splits_of({"b001": "test"}), "test", "flip")

    with pytest.raises(DomainFtError, match=r"the test split has nothing that can be ranked .builds 1, ranked 0"):
        require_ranked(task, "test")
