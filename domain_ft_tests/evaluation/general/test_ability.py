"""General ability: the everyday sentences are sound, and a model that forgets them is caught."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest

from domain_ft.evaluation.arms import ModelArm
from domain_ft.evaluation.general.ability import GeneralAbility, general_ability
from domain_ft.evaluation.general.task import general_task
from domain_ft.evaluation.statistics import Estimate, Resampling
from domain_ft.store.vectors import Encode, FloatArray
from domain_ft.words import normalized


@pytest.fixture
def partners() -> Encode:
    """Knows each sentence's paraphrase, and nothing else."""
    task = general_task()
    half = len(task.query_texts) // 2
    place = {text: number % half for number, text in enumerate(task.query_texts)}

    def encode(texts: Sequence[str]) -> FloatArray:
        rows = [np.random.default_rng(place[text] if text in place else crc32(text.encode())).normal(size=64)
                for text in texts]  # fmt: skip
        vectors = np.array(rows, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return encode


def judge(base: Encode, candidate: Encode) -> GeneralAbility:
    models = {"base": ModelArm("base", base, "b", "0"), "candidate": ModelArm("candidate", candidate, "c", "1")}
    return general_ability(models, Resampling(resamples=200), margin=0.02)


def mean(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.mean


def test_every_sentence_is_another_and_asks_for_exactly_its_paraphrase() -> None:
    task = general_task()
    texts = [normalized(text) for text in task.item_texts]
    assert len(set(texts)) == len(texts)
    half = len(task.query_texts) // 2
    partner = {**dict(zip(task.query_texts[:half], task.query_texts[half:], strict=True)),
               **dict(zip(task.query_texts[half:], task.query_texts[:half], strict=True))}  # fmt: skip
    for query, text in enumerate(task.query_texts):
        (item,) = task.relevant_items(query)
        assert task.item_texts[item] == partner[text]
        corpus = {task.item_texts[item] for item in task.candidates(query)}
        assert (len(corpus), text in corpus, partner[text] in corpus) == (2 * half, False, True)


def test_the_two_queries_of_a_row_are_one_piece_of_evidence() -> None:
    assert np.bincount(general_task().clusters).tolist() == [2] * (len(general_task().query_ids) // 2)


def test_words_alone_do_not_find_the_paraphrases(bag_of_words: Encode, partners: Encode) -> None:
    found = judge(bag_of_words, partners)
    assert mean(found.arms["base"]["mrr_at_10"]) < 0.3
    assert mean(found.arms["candidate"]["mrr_at_10"]) == mean(found.arms["candidate"]["accuracy_at_10"]) == 1


def test_a_candidate_that_has_forgotten_falls(blind: Encode, partners: Encode) -> None:
    found = judge(partners, blind)
    assert found.guard is not None
    assert not found.guard.passed
    assert all(mean(difference) < -0.8 for difference in found.differences.values())
    assert found.guard.difference == mean(found.differences["accuracy_at_10"])


def test_a_candidate_that_answers_like_its_base_holds(partners: Encode) -> None:
    found = judge(partners, partners)
    assert found.guard is not None
    assert found.guard.passed


def test_a_base_that_never_knew_has_nothing_to_lose(blind: Encode) -> None:
    assert judge(blind, blind).guard is None
