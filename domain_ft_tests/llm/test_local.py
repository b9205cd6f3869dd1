"""A local model answers as any generator does: reproducibly, within its limits, and with its figures."""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from domain_ft.amounts import human_count
from domain_ft.errors import InputError
from domain_ft.llm.chat_template import render_chat
from domain_ft.llm.local import LocalGenerator, load_generator
from domain_ft.llm.protocol import (
    Generation,
    GenerationError,
    GenerationOptions,
    GeneratorUnavailableError,
    Message,
)
from domain_ft_tests.llm.tiny_causal import TEMPLATE, make_tiny_causal, with_fewer_embeddings

ASKED = [Message("system", "Be brief."), Message("user", "What?")]
SHORT = GenerationOptions(num_predict=12)


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> LocalGenerator:
    return load_generator(make_tiny_causal(tmp_path_factory.mktemp("models") / "tiny"))


def test_a_question_that_is_too_long_is_told_by_its_error_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator, said = load_generator(make_tiny_causal(tmp_path / "tiny")), list[str]()
    generator.loaded[1].model_max_length = 10
    library = logging.getLogger("transformers.tokenization_utils_base")
    monkeypatch.setattr(library, "warning", lambda message, *unused: said.append(message))
    assert isinstance(generator.generate_batch([ASKED * 40], GenerationOptions(num_ctx=64))[0], GenerationError)
    assert said == []


def test_an_answer_comes_with_its_figures(generator: LocalGenerator) -> None:
    answer = generator.generate(ASKED, SHORT)
    assert generator.model == "tiny"
    assert answer.tokens_in == len("<|system|>Be brief.<|user|>What?<|assistant|>")
    assert answer.tokens_out == 12
    assert answer.done_reason == "length"
    assert answer.tokens_per_second


def test_the_same_question_has_the_same_answer(generator: LocalGenerator) -> None:
    assert generator.generate(ASKED, SHORT).text == generator.generate(ASKED, SHORT).text


QUESTIONS = [[Message("user", "What is " + "very " * number + "dear?")] for number in (3, 0, 11, 7, 1, 19, 2, 5, 13, 4)]


def test_questions_asked_together_have_the_answers_that_each_has_alone(generator: LocalGenerator) -> None:
    together = generator.generate_batch(QUESTIONS, SHORT)
    alone = [generator.generate(question, SHORT) for question in QUESTIONS]
    told = [(each.text, each.tokens_in, each.tokens_out, each.done_reason) for each in alone]
    assert [(each.text, each.tokens_in, each.tokens_out, each.done_reason) for each in together] == told  # type: ignore[union-attr]


def test_each_answer_of_a_batch_ends_where_it_is_to_stop(generator: LocalGenerator) -> None:
    whole = [each.text for each in generator.generate_batch(QUESTIONS, SHORT)]  # type: ignore[union-attr]
    stop = whole[0][3]
    answers = generator.generate_batch(QUESTIONS, GenerationOptions(num_predict=12, stop=(stop,)))
    assert [each.text for each in answers] == [text.partition(stop)[0] for text in whole]  # type: ignore[union-attr]


def test_an_answer_of_a_batch_ends_with_its_end_token_and_not_with_the_longest(
    generator: LocalGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tokens,), _ = generator._continued([generator._tokenizer(rendered(generator))["input_ids"]], 12, SHORT)
    monkeypatch.setattr(generator, "_ends", frozenset({tokens[5]}))
    ended = generator.generate_batch(QUESTIONS, SHORT)[0]
    assert isinstance(ended, Generation)
    assert (ended.done_reason, ended.tokens_out) == ("stop", tokens.index(tokens[5]) + 1)


def rendered(generator: LocalGenerator) -> str:
    return render_chat(generator._tokenizer, QUESTIONS[0], asks=True, source="tiny")


def test_a_penalty_that_a_model_s_folder_asks_for_is_left_out(generator: LocalGenerator, tmp_path: Path) -> None:
    folder = make_tiny_causal(tmp_path / "tiny")
    file = folder / "generation_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "repetition_penalty": 9.0}))
    told = GenerationOptions(num_predict=30)
    assert load_generator(folder).generate(ASKED, told).text == generator.generate(ASKED, told).text


@pytest.mark.parametrize("template", ["{{ 'a' + 1 }}", "{{ raise_exception('no system here') }}", "{{ x.y.z }}"])
def test_a_template_that_fails_is_refused_with_its_own_words(tmp_path: Path, template: str) -> None:
    with pytest.raises(InputError, match="tiny: its chat template does not take a system message"):
        load_generator(make_tiny_causal(tmp_path / "tiny", template=template)).generate(ASKED, SHORT)


def test_a_tokenizer_of_more_tokens_than_its_model_is_refused(tmp_path: Path) -> None:
    folder = make_tiny_causal(tmp_path / "tiny")
    with_fewer_embeddings(folder, 100)
    with pytest.raises(InputError, match=r"^tiny: its tokenizer says token \d+, and its model knows 100 tokens: they"):
        load_generator(folder).generate(ASKED, SHORT)


def test_a_question_does_not_depend_on_the_day(tmp_path: Path) -> None:
    dated = "{{ date_string if date_string is defined else strftime_now('%s') }}" + TEMPLATE
    loaded = load_generator(make_tiny_causal(tmp_path / "tiny", template=dated))
    assert rendered(loaded).startswith("26 Jul 2024")


def test_in_a_batch_a_question_without_room_is_told_and_the_others_are_answered(generator: LocalGenerator) -> None:
    asked = [ASKED, [Message("user", "x" * 80)], ASKED]
    first, refused, last = generator.generate_batch(asked, GenerationOptions(num_ctx=64, num_predict=5))
    assert isinstance(refused, GenerationError)
    assert "of 64" in str(refused)
    assert first.text == last.text  # type: ignore[union-attr]


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
    generator = load_generator(one)
    facts = generator.facts()
    assert (facts.size_bytes, facts.quantization) == ((one / "model.safetensors").stat().st_size, "F32")
    assert facts.parameters == human_count(sum(each.numel() for each in weights.values()))
    assert generator.memory() >= 4 * sum(each.numel() for each in weights.values())
    assert facts.digest == load_generator(make_tiny_causal(tmp_path / "same")).facts().digest
    assert facts.digest != load_generator(other).facts().digest


def as_pickle(weights: Path) -> None:
    weights.rename(weights.with_name("pytorch_model.bin"))


def with_own_code(config: Path) -> None:
    config.write_text(json.dumps({**json.loads(config.read_text()), "auto_map": {"AutoModelForCausalLM": "m.M"}}))


def without_queries(weights: Path) -> None:
    tensors = {name: tensor for name, tensor in load_file(weights).items() if "q_proj" not in name}
    save_file(tensors, weights, metadata={"format": "pt"})


def cut_short(weights: Path) -> None:
    os.truncate(weights, 900)


def of_another_kind(file: Path) -> None:
    file.write_text('{"model_type": "bert"}')


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("model.safetensors", as_pickle, r"pytorch_model\.bin: weights in a pickle, which can run code"),
        ("config.json", with_own_code, r"config\.json: asks for code of its own"),
        ("model.safetensors", Path.unlink, r"tiny: holds no weights \(model\.safetensors\)"),
        ("model.safetensors", cut_short, r"model\.safetensors: not whole safetensors"),
        (
            "model.safetensors",
            without_queries,
            r"holds no weights for model\.layers\.0\.self_attn\.q_proj\.weight;",
        ),
        ("config.json", Path.unlink, r"tiny: not a model folder"),
        ("config.json", of_another_kind, r"tiny: (cannot be loaded as a causal language model|holds no weights for)"),
        ("tokenizer.json", of_another_kind, r"tiny: cannot be loaded as a causal language model with its tokenizer"),
    ],
)
def test_a_folder_that_is_no_whole_and_safe_model_is_refused(
    tmp_path: Path, name: str, change: Callable[[Path], object], says: str
) -> None:
    folder = make_tiny_causal(tmp_path / "tiny")
    change(folder / name)
    with pytest.raises(InputError, match=says) as refused:
        load_generator(folder)
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nosuch: there is no such folder"):
        load_generator(tmp_path / "nosuch")


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no chat template"):
        load_generator(make_tiny_causal(tmp_path / "plain", template=None))


def test_a_device_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="device: cuda:99 is asked for"):
        load_generator(make_tiny_causal(tmp_path / "tiny"), "cuda:99")


def test_a_device_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown device 'gpu'; use auto, cpu, cuda or cuda:N"):
        load_generator(make_tiny_causal(tmp_path / "tiny"), "gpu")


def test_other_weights_have_another_digest(generator: LocalGenerator, tmp_path: Path) -> None:
    assert load_generator(make_tiny_causal(tmp_path / "tiny")).digest == generator.digest
    assert load_generator(make_tiny_causal(tmp_path / "other", seed=1)).digest != generator.digest


def test_running_out_of_memory_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = load_generator(make_tiny_causal(tmp_path / "tiny"))

    def forward(**options: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr(local._model, "forward", forward)
    with pytest.raises(GeneratorUnavailableError, match="tiny: memory ran out on cpu; ask for less"):
        local.generate(ASKED, SHORT)
