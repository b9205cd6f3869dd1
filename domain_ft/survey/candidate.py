"""A surveyed model, whichever it is: one of Ollama's, or a folder's. It is loaded only where it is to answer."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from domain_ft.errors import InputError
from domain_ft.llm.local import load_generator
from domain_ft.llm.ollama import Ollama
from domain_ft.llm.protocol import GenerationError, Generator, ModelFacts
from domain_ft.model_folders.digest import model_digest
from domain_ft.progress import Progress
from domain_ft.store.home import Home, readable_path
from domain_ft.survey.model_name import is_folder
from domain_ft.survey.settings import SurveySettings
from domain_ft.training.device import resolve_device


@dataclass(frozen=True)
class Candidate:
    """A model that can be asked, under its name in the settings."""

    name: str
    digest: str
    """Of its weights, as they are now."""
    device: str | None
    """Where this process computes its answers; None where a server does."""
    generator: Callable[[], Generator]
    facts: Callable[[], ModelFacts]
    memory: Callable[[], int | None]
    """Bytes that it takes now; None where that is not known."""


def find_candidate(model: str, settings: SurveySettings, home: Home, progress: Progress) -> Candidate:
    """The model of that name, fetched where it is not there and may be.

    GeneratorUnavailableError where no server answers, or it does not have the model; InputError where a folder holds
    none.
    """
    return _local(model, settings, home) if is_folder(model) else _served(model, settings, progress)


def is_unchanged(candidate: Candidate) -> bool:
    """Whether it is still the same model that answers to the name."""
    return candidate.facts().digest == candidate.digest


def _served(model: str, settings: SurveySettings, progress: Progress) -> Candidate:
    server = Ollama(settings.ollama)
    server.ensure(model, lambda done, total: progress(f"pull {model}", done, total))

    def memory() -> int | None:
        with suppress(GenerationError):
            return server.memory(model)
        return None

    digest = server.facts(model).digest
    return Candidate(model, digest, None, lambda: server.generator(model), lambda: server.facts(model), memory)


def _local(model: str, settings: SurveySettings, home: Home) -> Candidate:
    folder = readable_path(model, home)
    if not folder.is_dir():
        raise InputError(f"{model}: there is no such folder (looked for {folder}); a tag of Ollama has no ./ before it")
    device = resolve_device(settings.device)
    loaded = cache(lambda: load_generator(folder, settings.device))
    return Candidate(model, model_digest(folder), device, loaded, lambda: loaded().facts(), lambda: loaded().memory())
