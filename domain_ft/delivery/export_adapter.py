"""A published adapter on its way to Ollama: packaged once, brought to the server as often as that is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.comparison.model_arms import TunedModel
from domain_ft.delivery.ollama_delivery import Delivered, deliver, serve_again
from domain_ft.delivery.package import PACKAGE_CODE_VERSION, Package, choose_way, package_model
from domain_ft.delivery.preflight import ways_to_ollama
from domain_ft.delivery.server_version import server_version, ways_to_server
from domain_ft.delivery.settings import DeliverySettings
from domain_ft.delivery.ways import WayName
from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.ollama_models import OllamaModels
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.model_folders.demonstration import demonstration_note
from domain_ft.progress import Progress, silent
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest

SMOKE_CONCEPT = "A till for small shops that goes on selling when the network is gone"


@dataclass(frozen=True)
class OllamaExport:
    """A package for Ollama, by which way, and what a server made of it (None: it was not asked to)."""

    path: Path
    version: str
    way: WayName
    ways: Mapping[str, str]
    """Each way: `open`, or why it is closed."""
    served: str
    """The name that people ask the server for."""
    command: str | None
    """What is to be run before there is anything to deliver; None where nothing is."""
    demonstration: str | None
    """A sentence, where the model is none for work."""
    delivered: Delivered | None

    def as_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "path": str(self.path),
            "version": self.version,
            "way": self.way,
            "ways": dict(self.ways),
            "command": self.command,
            "demonstration": self.demonstration,
            **(self.delivered.as_json() if self.delivered else {"served": self.served, "tag": None}),
        }


def export_adapter(
    settings: DeliverySettings,
    options: GenerationOptions,
    home: Home,
    domain: str,
    tuned: TunedModel,
    *,
    progress: Progress = silent,
) -> OllamaExport:
    """Package an adapter and its base, make the model on the server, ask it, and let the served name stand for it.

    By the way of llama.cpp, that happens when its command has been run, and this is called again. InputError where the
    way asked for is closed; DomainFtError where the server does not take it: the package is there.
    """
    served, version = settings.served_name(domain), tuned.adapter.name
    ways = ways_to_ollama(tuned.base, tuned.adapter)
    if settings.create:
        ways = ways_to_server(ways, server_version(OllamaModels(settings.ollama).address))
    chosen = choose_way(ways, settings.way)
    key = short(sha256_json([PACKAGE_CODE_VERSION, served, chosen, options.model_dump(mode="json")]))
    target = home.exports(domain) / f"{version}-ollama-{key}"
    progress(f"package {version} ({chosen})", 0)
    package = package_model(tuned.base, tuned.adapter, target, served, options, chosen)
    delivered = None
    if settings.create and package.command is None:
        delivered = _deliver(package, settings, options, f"{served}:{version}", f"{served}:latest", progress)
    told: dict[str, str] = {way.name: "open" if way.open else "; ".join(way.closed) for way in ways}
    note = demonstration_note(read_manifest(target))
    return OllamaExport(target, version, chosen, told, served, package.command, note, delivered)


def serve_version(settings: DeliverySettings, domain: str, version: str) -> str:
    """Let the served name stand for a version that the server still has; returns its tag."""
    served = settings.served_name(domain)
    serve_again(OllamaModels(settings.ollama), f"{served}:{version}", f"{served}:latest")
    return f"{served}:{version}"


def _deliver(
    package: Package, settings: DeliverySettings, options: GenerationOptions, tag: str, served: str, progress: Progress
) -> Delivered:
    server, question = OllamaModels(settings.ollama), DEFAULT_PROMPT.messages(SMOKE_CONCEPT)
    try:
        return deliver(package, server, tag=tag, served=served, question=question, options=options, progress=progress)
    except InputError:
        raise
    except DomainFtError as error:
        raise DomainFtError(f"{error}; the package is ready in {package.path}") from None
