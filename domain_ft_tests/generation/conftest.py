"""What tests of generation share: a server on loopback with a model that writes, and the domain of papers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain_ft.domain import EmbeddingDomain
from domain_ft.domains import find_domain
from domain_ft.generate_pairs import generate_pairs
from domain_ft.generation.result import GeneratedPairs
from domain_ft.store.home import Home
from domain_ft_tests.generation.writing import writer
from domain_ft_tests.llm.server import OllamaServer, serving_here

MODEL = "tiny:1b"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    with serving_here(OllamaServer(models={MODEL: writer}, tokens_at_once=50), monkeypatch) as said:
        yield said


@pytest.fixture
def generate(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., GeneratedPairs]:
    """Pairs of documents by the model, as the command makes them; a pause takes no time."""

    def made(
        *documents: Path,
        again: bool = False,
        domain: str = "papers_qa",
        pause: Callable[[float], object] = lambda seconds: None,
        **settings: Any,
    ) -> GeneratedPairs:
        changes = {"by": "ollama", "model": MODEL, "least_words": 20, "ollama.retries": 0, **settings}
        found = find_domain(domain)
        assert isinstance(found, EmbeddingDomain)
        chosen = found.with_overrides({f"generation.{name}": value for name, value in changes.items()})
        return generate_pairs(chosen, home, documents, again=again, pause=pause)

    return made
