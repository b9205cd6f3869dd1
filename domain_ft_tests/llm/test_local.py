"""A local model answers as any generator does: reproducibly, within its limits, and with its figures."""

from pathlib import Path

import pytest
from safetensors.torch import load_file

from domain_ft.amounts import human_count
from domain_ft.errors import InputError
from domain_ft.llm.local import LocalGenerator
from domain_ft.llm.protocol import GenerationError, GenerationOptions, Message
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

ASKED = [Message("system", "Be brief."), Message("user", "What?")]
SHORT = GenerationOptions(num_predict=12)


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> LocalGenerator:
    return LocalGenerator(make_tiny_causal(tmp_path_factory.mktemp("models") / "tiny"))


def test_an_answer_comes_with_its_figures(generator: LocalGenerator) -> None:
    answer = generator.generate(ASKED, SHORT)
    assert generator.model == "tiny"
    assert answer.tokens_in == len("<|system|>Be brief.<|user|>What?<|assistant|>")
    assert answer.tokens_out == 12
    assert answer.done_reason == "length"
    assert answer.tokens_per_second


def test_the_same_question_has_the_same_answer(generator: LocalGenerator) -> None:
    assert generator.generate(ASKED, SHORT).text == generator.generate(ASKED, SHORT).text


def test_the_seed_decides_where_tokens_are_drawn(generator: LocalGenerator) -> None:
    def drawn(seed: int) -> str:
        return generator.generate(ASKED, GenerationOptions(num_predict=12, temperature=1.0, seed=seed)).text

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_an_answer_ends_where_it_is_to_stop(generator: LocalGenerator) -> None:
    whole = generator.generate(ASKED, SHORT).text
    answer = generator.generate(ASKED, GenerationOptions(num_predict=12, stop=(whole[3],)))
    assert answer.text == whole[: whole.index(whole[3])]
    assert answer.done_reason == "stop"


def test_a_question_that_leaves_no_room_is_refused(generator: LocalGenerator) -> None:
    with pytest.raises(GenerationError, match=r"the question takes \d+ tokens of 64"):
        generator.generate([Message("user", "x" * 80)], GenerationOptions(num_ctx=64))


def test_what_a_model_is_comes_from_its_folder(tmp_path: Path) -> None:
    one, other = make_tiny_causal(tmp_path / "one"), make_tiny_causal(tmp_path / "other", template="{{ messages }}")
    weights = load_file(one / "model.safetensors")
    generator = LocalGenerator(one)
    facts = generator.facts()
    assert (facts.size_bytes, facts.quantization) == ((one / "model.safetensors").stat().st_size, "F32")
    assert facts.parameters == human_count(sum(each.numel() for each in weights.values()))
    assert generator.memory() >= 4 * sum(each.numel() for each in weights.values())
    assert facts.digest == LocalGenerator(make_tiny_causal(tmp_path / "same")).facts().digest
    assert facts.digest != LocalGenerator(other).facts().digest


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no causal language model with its tokenizer"):
        LocalGenerator(tmp_path)


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no chat template"):
        LocalGenerator(make_tiny_causal(tmp_path / "plain", template=None))
