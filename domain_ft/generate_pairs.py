"""Pairs of a domain made of its documents: settings, folders and the model joined; what comes of it lands as files."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from domain_ft.domain import EmbeddingDomain
from domain_ft.domain_settings import PairDomainSettings
from domain_ft.errors import InputError
from domain_ft.generation.ask import Asked
from domain_ft.generation.generate import Places
from domain_ft.generation.generate import generate_pairs as generate
from domain_ft.generation.result import GeneratedPairs
from domain_ft.generation.settings import GenerationSettings
from domain_ft.progress import Progress, silent
from domain_ft.store.home import Home, readable_path


def generate_pairs(
    domain: EmbeddingDomain,
    home: Home,
    documents: Sequence[Path] = (),
    *,
    settings: GenerationSettings | None = None,
    out: Path | None = None,
    again: bool = False,
    progress: Progress = silent,
    pause: Callable[[float], object] = time.sleep,
) -> GeneratedPairs:
    """Pairs of documents (none: those in the domain's folder of documents) into its landing folder, or into `out`.

    `settings` stand in place of the domain's own.
    InputError where the domain learns of no pairs, or there is no document; DomainFtError where the model is gone.
    """
    settings, source = settings or domain.generation, domain.settings
    if not isinstance(source, PairDomainSettings):
        raise InputError(f"{domain.name} learns from no pairs, so none are made for it")
    given = list(documents) or [_documents_folder(settings, domain, home)]
    places = Places(given, out or home.landing(domain.name), home.generated(domain.name))
    return generate(places, settings, source.source, lambda: _connect(settings, pause), progress, again)


def _documents_folder(settings: GenerationSettings, domain: EmbeddingDomain, home: Home) -> Path:
    if settings.documents.folder is not None:
        return readable_path(settings.documents.folder, home)
    folder = home.documents(domain.name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _connect(settings: GenerationSettings, pause: Callable[[float], object]) -> Asked:
    """The model; InputError where none is named, GeneratorUnavailableError where it cannot be asked."""
    from domain_ft.llm.ollama import Ollama

    if settings.model is None:
        raise InputError("generation.model: name the model that is asked (`ollama list` shows those there are)")
    server = Ollama(settings.ollama, pause)
    server.ensure(settings.model)
    return Asked(server.generator(settings.model), server.digest(settings.model), settings, pause)
