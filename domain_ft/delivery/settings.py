"""How a tuned model is brought to an Ollama server."""

from typing import ClassVar

from pydantic import Field

from domain_ft.delivery.ways import WayName
from domain_ft.llm.settings import OllamaSettings
from domain_ft.settings import Settings


class ReceivingServer(OllamaSettings):
    """A server that is given a model, and is never asked to fetch one."""

    allow_pull: ClassVar[bool] = False  # type: ignore[misc]


class DeliverySettings(Settings):
    """The package for Ollama, and the name under which a server answers with it."""

    served: str | None = Field(
        None,
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$",
        description="Name that people ask the server for; null for the domain's own.",
    )
    way: WayName | None = Field(
        None,
        description="What is handed over: a GGUF of the merged model, the merged model in safetensors, base and "
        "adapter as GGUF or as they are, or the merged model with the command of llama.cpp that converts it; null "
        "takes the first that is open. From Ollama 0.34.1 on, a server takes `gguf` and `llama_cpp` alone.",
    )
    create: bool = Field(True, description="Make the model on the server, too; false only writes the package.")
    ollama: ReceivingServer = Field(default_factory=lambda: ReceivingServer(), description="The server.")

    def served_name(self, domain: str) -> str:
        """The name that people ask the server for."""
        return self.served or domain
