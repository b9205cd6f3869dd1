"""What a language model foresees of everyday text is summed as its own loss does, and guarded against its base's."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from domain_ft.comparison.perplexity import compare_perplexity, general_texts, perplexity, text_losses
from domain_ft.evaluation.statistics import Resampling
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

TEXTS = [
    "The train is late.",
    "a",
    "Nobody has seen the keys since Monday, and the car stands outside.",
    "Good morning!",
]
RESAMPLING = Resampling(500, 0.95, 1)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = make_tiny_causal(tmp_path_factory.mktemp("models") / "tiny")
    return AutoModelForCausalLM.from_pretrained(str(folder)).eval(), AutoTokenizer.from_pretrained(str(folder))


def test_the_loss_of_a_text_is_that_of_the_model(loaded: tuple[Any, Any]) -> None:
    import torch

    model, tokenizer = loaded
    found = text_losses(model, tokenizer, TEXTS)
    for text, (loss, tokens) in zip(TEXTS, found, strict=True):
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        assert tokens == ids.shape[1] - 1
        if tokens:
            assert loss / tokens == pytest.approx(model(input_ids=ids, labels=ids).loss.item(), rel=1e-4)


def test_beside_longer_texts_a_text_has_the_same_loss(loaded: tuple[Any, Any]) -> None:
    together, alone = text_losses(*loaded, TEXTS), text_losses(*loaded, TEXTS, at_once=1)
    np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_a_model_that_knows_nothing_is_as_puzzled_as_there_are_tokens() -> None:
    losses = np.array([[10 * math.log(260), 10], [3 * math.log(260), 3], [0, 0]])
    assert perplexity(losses) == pytest.approx(260)


def made(factor: float, noise: float = 0.0) -> np.ndarray[Any, Any]:
    """Losses of 200 texts whose perplexity is about so many times 20."""
    random = np.random.default_rng(1)
    tokens = random.integers(5, 30, 200)
    blurred = noise * stats.zscore(random.normal(size=200))
    return np.stack([tokens * (math.log(20 * factor) + blurred), tokens], axis=1)


VOCABULARY = 260


@pytest.mark.parametrize(("factor", "passed"), [(0.9, True), (1.0, True), (1.05, True), (1.15, False), (3.0, False)])
def test_the_guard_lets_pass_what_costs_less_than_its_margin(factor: float, passed: bool) -> None:
    found = compare_perplexity(made(1), made(factor), VOCABULARY, RESAMPLING, 0.1)
    assert found.passed is passed
    assert found.tuned / found.base == pytest.approx(factor)


def test_a_loss_that_may_be_larger_than_the_margin_does_not_pass() -> None:
    assert compare_perplexity(made(1), made(1.05, noise=1.0), VOCABULARY, RESAMPLING, 0.1).passed is False


@pytest.mark.parametrize("vocabulary", [20, 10], ids=["as good as a guess", "worse than one"])
@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_what_the_base_foresees_no_better_than_a_uniform_guess_is_not_judged(vocabulary: int, factor: float) -> None:
    found = compare_perplexity(made(1), made(factor), vocabulary, RESAMPLING, 0.1)
    assert (found.passed, found.chance) == (None, vocabulary)


def test_a_base_that_may_be_no_better_than_a_guess_is_not_judged_either() -> None:
    assert compare_perplexity(made(1, noise=1.0), made(1), 21, RESAMPLING, 0.1).passed is None


def test_the_sentences_are_many_and_each_stands_there_once() -> None:
    texts = general_texts()
    assert len(texts) == len(set(texts)) > 400
