"""Where Ollama is, and how patient we are with it."""

from pydantic import Field

from domain_ft.settings import Settings


class OllamaSettings(Settings):
    """The server is named by OLLAMA_HOST (default: 127.0.0.1:11434), never by a file."""

    allow_remote: bool = Field(
        False, description="Also ask a server that is not on this machine. What is asked leaves the machine then."
    )
    allow_pull: bool = Field(False, description="Fetch a model that the server does not have.")
    timeout_s: float = Field(300.0, gt=0, description="Seconds for a whole answer.")
    connect_timeout_s: float = Field(5.0, gt=0, description="Seconds until the server must have taken a connection.")
    retries: int = Field(2, ge=0, description="Further tries after a broken connection or an error of the server.")
    keep_alive: str = Field("5m", description="How long the server keeps the model in memory after an answer.")
