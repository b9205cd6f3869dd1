"""What is asked of a generator of text, and what it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import Field, field_validator

from domain_ft.errors import DomainFtError
from domain_ft.settings import Settings, listed


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class GenerationOptions(Settings):
    """How text is generated; every one of them is always sent, for servers have defaults of their own."""

    temperature: float = Field(0.0, ge=0, description="0 always takes the likeliest token.")
    seed: int = Field(42, ge=0, description="Of the draws where the temperature is above 0.")
    num_ctx: int = Field(4096, ge=64, description="Tokens of prompt and answer together, at most.")
    num_predict: int = Field(1024, ge=1, description="Tokens of the answer, at most.")
    stop: tuple[str, ...] = Field((), description="Texts at which an answer ends.")

    @field_validator("stop", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)


@dataclass(frozen=True)
class Generation:
    """An answer; what a generator does not say of it is None."""

    text: str
    done_reason: str
    """`stop` where the model ended by itself, `length` where `num_predict` or `num_ctx` cut it off."""
    tokens_in: int | None
    tokens_out: int | None
    seconds: float
    """From the question to the whole answer, as the caller waited."""
    load_seconds: float | None
    prompt_seconds: float | None
    answer_seconds: float | None
    """Of generating the tokens of the answer alone."""

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens of the answer per second of generating them; None where that is not known."""
        return self.tokens_out / self.answer_seconds if self.tokens_out and self.answer_seconds else None


class Generator(Protocol):
    """Answers messages with text."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, schema: Mapping[str, Any] | None = None
    ) -> Generation:
        """Answer; with a JSON schema, as JSON of that form. GenerationError where no answer comes."""
        ...


@dataclass(frozen=True)
class ModelFacts:
    """What a model is, beside its name; what is not told of it is None."""

    digest: str
    """Equal for equal weights under one name."""
    size_bytes: int | None
    """On the disk."""
    parameters: str | None
    """How many, as people write it: `7.6B`."""
    quantization: str | None


class GenerationError(DomainFtError):
    """No answer came; the sentence says why. Another question may fare better."""


class GeneratorUnavailableError(GenerationError):
    """No question will be answered until something is mended: no server, or no such model."""


class ServerUnreachableError(GeneratorUnavailableError):
    """Nothing answers where the server should be; it may be there again in a while."""
