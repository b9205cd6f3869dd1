"""The ways that lead a tuned model to Ollama.

Every server takes the whole model as GGUF. From `GGUF_ALONE` on it takes nothing else of ours: it refuses adapters, and
what it makes of safetensors is for another engine (MLX), which knows other architectures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

GGUF_ALONE = "0.34.1"
WayName = Literal["gguf", "merged", "gguf_adapter", "adapter", "llama_cpp"]
_BEFORE = f"for servers before {GGUF_ALONE}"
HANDED_OVER: Mapping[WayName, str] = {
    "gguf": "the merged model as GGUF, written here",
    "merged": f"the merged model in safetensors, {_BEFORE}",
    "gguf_adapter": f"base and adapter as GGUF, written here, {_BEFORE}",
    "adapter": f"base and adapter in safetensors, {_BEFORE}",
    "llama_cpp": "the merged model in safetensors, of which llama.cpp makes a GGUF",
}
"""What is handed over by each way; the first that is open is taken where none is asked for."""
FOR_EVERY_SERVER: tuple[WayName, ...] = ("gguf", "llama_cpp")


@dataclass(frozen=True)
class Way:
    """A way to Ollama, and what closes it."""

    name: WayName
    closed: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it can be gone."""
        return not self.closed
