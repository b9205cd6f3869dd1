"""A package brought to an Ollama server: made there under a tag of its own, asked once, and only then served.

People ask for the served name, which stands for one tag at a time. What it stood for before stays on the server, so
that it can stand for that again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain_ft.delivery.package import REQUEST, Package
from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.ollama import full_tag
from domain_ft.llm.ollama_models import OllamaModels
from domain_ft.llm.protocol import GenerationOptions, Message
from domain_ft.progress import Progress, silent
from domain_ft.safe_text import brief


@dataclass(frozen=True)
class Delivered:
    """What the served name stands for now, and stood for before; `answer` is what it said when it was tried."""

    tag: str
    served: str
    digest: str
    previous: str | None
    answer: str
    tokens_per_second: float | None

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def deliver(
    package: Package,
    server: OllamaModels,
    *,
    tag: str,
    served: str,
    question: list[Message],
    options: GenerationOptions,
    progress: Progress = silent,
) -> Delivered:
    """Upload a package's files (those that are there already are not sent), make the model, ask it, and let the served
    name stand for it.

    DomainFtError where it answers nothing: then the served name stays with what it stood for. GenerationError where the
    server refuses, GeneratorUnavailableError where there is none.
    """
    request: Mapping[str, Any] = json.loads((package.path / REQUEST).read_bytes())
    files = {path.name: _uploaded(server, path, progress) for path in package.files}
    adapters = {path.name: _uploaded(server, path, progress) for path in package.adapters}
    parts = {"files": files, **({"adapters": adapters} if adapters else {})}
    server.create(tag, {**request, **parts}, lambda said: progress(f"create {tag}: {said}", 0))
    progress(f"ask {tag}", 0, 1)
    answer = server.generator(tag).generate(question, options)
    if not answer.text.strip():
        raise DomainFtError(f"{tag}: answers nothing, so {served} stays with what it stood for; look at its template")
    progress(f"ask {tag}", 1, 1)
    previous = standing_for(server, served)
    server.name(tag, served)
    return Delivered(tag, served, server.digest(tag), previous, brief(answer.text, 500), answer.tokens_per_second)


def standing_for(server: OllamaModels, served: str) -> str | None:
    """The tag of the model that a served name stands for; None where there is no such name, or no tag beside it."""
    models = server.models()
    digest = models.get(full_tag(served))
    return next((tag for tag, each in sorted(models.items()) if each == digest and tag != full_tag(served)), None)


def serve_again(server: OllamaModels, tag: str, served: str) -> None:
    """Let the served name stand for a model that is on the server; InputError names those there are."""
    models = server.models()
    if full_tag(tag) not in models:
        there = ", ".join(sorted(models)) or "none"
        raise InputError(f"{tag}: the server does not have it; there are: {there}")
    server.name(tag, served)


def _uploaded(server: OllamaModels, path: Path, progress: Progress) -> str:
    return server.upload(path, lambda sent, total: progress(f"upload {path.name}", sent, total))
