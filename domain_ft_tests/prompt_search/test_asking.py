"""Questions are answered once, several at once by a local model, and each answer is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.llm.local import LocalGenerator, load_generator
from domain_ft.llm.ollama import Ollama, OllamaGenerator
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.llm.settings import OllamaSettings
from domain_ft.model_folders.digest import model_digest
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft_tests.adapter.conftest import tiny_llama
from domain_ft_tests.llm.scripted import constant
from domain_ft_tests.llm.server import OllamaServer, serving_here
from domain_ft_tests.prompt_search.conftest import Searched

__all__ = ["tiny_llama"]
BRIEF: dict[str, Any] = {
    "options": GenerationOptions(num_predict=8),
    "proposal": {"num_predict": 8},
    "candidates": 3,
    "trials": 2,
}


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many questions were asked at once, each time."""
    generate, sizes = LocalGenerator.generate_batch, list[int]()

    def counting(self: LocalGenerator, asked: Sequence[Any], options: GenerationOptions) -> Any:
        sizes.append(len(asked))
        return generate(self, asked, options)

    monkeypatch.setattr(LocalGenerator, "generate_batch", counting)
    return sizes


def local(folder: Path) -> dict[str, Any]:
    return {"model": lambda: load_generator(folder, "cpu"), "digest": model_digest(folder)}


def test_a_model_that_writes_nonsense_leaves_the_default_prompt(searched: Searched, tiny_llama: Path) -> None:
    found = searched.search(**local(tiny_llama), **BRIEF)
    assert found.template == DEFAULT_PROMPT
    assert found.manifest["default_score"] < 0.5


@pytest.mark.parametrize("size", [1, 2])
def test_a_local_model_is_asked_so_many_at_once(
    searched: Searched, tiny_llama: Path, batches: list[int], size: int
) -> None:
    searched.search(**local(tiny_llama), **BRIEF, batch_size=size)
    assert max(batches) == min(size, len(searched.validation))


def test_a_batch_that_was_answered_is_not_asked_again(
    searched: Searched, tiny_llama: Path, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = LocalGenerator.generate_batch

    def stopping(self: LocalGenerator, asked: Any, options: Any) -> Any:
        if len(asked) > 1:
            raise KeyboardInterrupt
        return counting(self, asked, options)

    with monkeypatch.context() as patch:
        patch.setattr(LocalGenerator, "generate_batch", stopping)
        with pytest.raises(KeyboardInterrupt):
            searched.search(**local(tiny_llama), **BRIEF)
    alone = len(batches)
    assert searched.search(**local(tiny_llama), **BRIEF).resumed == alone
    assert batches[alone] == len(searched.validation)


def test_a_model_of_ollama_is_asked_with_every_option(searched: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    said = OllamaServer(models={"tiny:1b": constant("title: Something")})
    with serving_here(said, monkeypatch):
        found = searched.search(lambda: OllamaGenerator(Ollama(OllamaSettings()), "tiny:1b"), **BRIEF)
    assert found.template == DEFAULT_PROMPT
    asked = [body for body in said.bodies("/api/chat") if "[[ ## " not in body["messages"][0]["content"]]
    assert asked
    assert all(body["options"] == BRIEF["options"].model_dump(mode="json") for body in asked)


def test_a_model_that_was_replaced_is_refused(searched: Searched, tiny_llama: Path) -> None:
    with pytest.raises(DomainFtError, match="was replaced meanwhile"):
        searched.search(lambda: load_generator(tiny_llama, "cpu"), digest="0" * 64, **BRIEF)
