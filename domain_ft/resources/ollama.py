"""Ollama as a resource: what this deployment allows of the server, whatever a domain's YAML says.

The server itself is named by OLLAMA_HOST, never by a file.
"""

from typing import TypeVar

import dagster as dg
from pydantic import Field

from domain_ft.delivery.settings import DeliverySettings
from domain_ft.generation.settings import GenerationSettings
from domain_ft.survey.settings import SurveySettings

Asking = TypeVar("Asking", SurveySettings, DeliverySettings, GenerationSettings)


class OllamaServer(dg.ConfigurableResource):
    """What may be asked of the server; null leaves it to the domain."""

    allow_remote: bool | None = Field(None, description="Also ask a server that is not on this machine.")
    allow_pull: bool | None = Field(None, description="Fetch a model that the server does not have.")
    timeout_s: float | None = Field(None, description="Seconds for a whole answer.")

    def on_this_server(self, settings: Asking) -> Asking:
        """Settings with what this deployment says of the server in place of the domain's own."""
        named = {"allow_remote": self.allow_remote, "allow_pull": self.allow_pull, "timeout_s": self.timeout_s}
        known = type(settings.ollama).model_fields
        changes = {name: value for name, value in named.items() if value is not None and name in known}
        return settings.model_copy(update={"ollama": settings.ollama.model_copy(update=changes)})
