"""Ollama as a generator: asked as a stream, so that time-outs, errors in the middle and interruption are our own.

The server's address comes from the environment; one that is not on this machine is asked only where that is allowed.
"""

import ipaddress
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import ollama
from pydantic import ValidationError

from domain_ft.errors import InputError
from domain_ft.llm.protocol import (
    Generation,
    GenerationError,
    GenerationOptions,
    GeneratorUnavailableError,
    Message,
    ModelFacts,
    ServerUnreachableError,
)
from domain_ft.llm.settings import OllamaSettings
from domain_ft.safe_text import brief, masked, one_line

HOST_VARIABLE = "OLLAMA_HOST"
DEFAULT_HOST = "127.0.0.1:11434"
_PAUSE_S = 0.5
"""Before the first further try; twice as long before each one after it."""
_NANO = 1e9
_Asked = TypeVar("_Asked")


class TryAgainError(Exception):
    """Something broke that may hold next time."""


class Ollama:
    """A server, as far as we ask it."""

    def __init__(self, settings: OllamaSettings, pause: Callable[[float], object] = time.sleep) -> None:
        self._settings, self._pause = settings, pause
        self.address = server_address(allow_remote=settings.allow_remote)
        timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s)
        self._client = ollama.Client(self.address, timeout=timeout, follow_redirects=False, trust_env=False)

    def models(self) -> dict[str, str]:
        """The digest of each model that the server has, by tag."""
        return {tag: each.digest or "" for tag, each in self._listed().items()}

    def facts(self, model: str) -> ModelFacts:
        """What the server says of a model that it has; GeneratorUnavailableError where it does not have it."""
        listed = self._listed().get(full_tag(model))
        if listed is None:
            raise self._missing(model)
        shown = None
        with suppress(GenerationError):  # an older server shows less, and answers as well
            shown = self._asked(lambda: self._client.show(model), model).details
        return ModelFacts(
            listed.digest or "",
            None if listed.size is None else int(listed.size),
            shown.parameter_size if shown else None,
            shown.quantization_level if shown else None,
        )

    def digest(self, model: str) -> str:
        """The digest of a model that the server has; empty where it has none of that name."""
        return self.models().get(full_tag(model), "")

    def memory(self, model: str) -> int | None:
        """Bytes that a loaded model takes; None where it is not loaded."""
        running = self._asked(lambda: self._client.ps())
        sizes = [int(each.size) for each in running.models if each.model == full_tag(model) and each.size is not None]
        return sizes[0] if sizes else None

    def ensure(self, model: str, progress: Callable[[int, int | None], None] = lambda done, total: None) -> None:
        """See that the server has a model; fetched where `allow_pull` says so, else GeneratorUnavailableError.

        `progress` gets the bytes of the part being fetched, and of how many.
        """
        if full_tag(model) in self.models():
            return
        if not self._settings.allow_pull:
            raise self._missing(model)
        self._asked(lambda: self._pull(model, progress), model)

    def _pull(self, model: str, progress: Callable[[int, int | None], None]) -> None:
        for part in self._client.pull(model, stream=True):
            progress(part.completed or 0, part.total)
        if full_tag(model) not in self.models():
            raise TryAgainError("the download broke off")

    def generator(self, model: str) -> "OllamaGenerator":
        """A generator that asks this model."""
        return OllamaGenerator(self, model)

    def chat(
        self, model: str, messages: Sequence[Message], options: GenerationOptions, schema: Mapping[str, Any] | None
    ) -> Generation:
        """One answer of a model, tried again where the connection breaks or the server fails."""
        return self._asked(lambda: self._chat(model, messages, options, schema), model)

    def _chat(
        self, model: str, messages: Sequence[Message], options: GenerationOptions, schema: Mapping[str, Any] | None
    ) -> Generation:
        began = time.monotonic()
        parts: list[str] = []
        stream = self._client.chat(
            model,
            [{"role": message.role, "content": message.content} for message in messages],
            stream=True,
            think=None,
            format=dict(schema) if schema else None,
            options=options.model_dump(mode="json"),
            keep_alive=self._settings.keep_alive,
        )
        for part in stream:
            parts.append(part.message.content or "")
            if part.done:
                return _generation("".join(parts), part, time.monotonic() - began)
            if time.monotonic() - began > self._settings.timeout_s:
                raise GenerationError(self._too_slow(model))
        raise TryAgainError("the answer broke off")

    def _asked(self, ask: Callable[[], _Asked], model: str | None = None) -> _Asked:
        """What an answer comes to, after as many further tries as are allowed."""
        for number in range(self._settings.retries + 1):
            try:
                with self._faults(model):
                    return ask()
            except TryAgainError as error:
                if number == self._settings.retries:
                    tries = f" after {number + 1} tries" if number else ""
                    raise GenerationError(f"{model or 'Ollama'}: {error}{tries}") from None
                self._pause(_PAUSE_S * 2**number)
        raise AssertionError

    @contextmanager
    def _faults(self, model: str | None) -> Iterator[None]:
        """What goes wrong with a server, as our own errors."""
        try:
            yield
        except httpx.TimeoutException as error:
            if isinstance(error, httpx.ConnectTimeout):
                raise self._unreachable() from None
            raise GenerationError(self._too_slow(model)) from None
        except (httpx.ConnectError, ConnectionError):
            raise self._unreachable() from None
        except ollama.ResponseError as error:
            said = brief(one_line(masked(str(error.error))), 200)
            if error.status_code == httpx.codes.NOT_FOUND and model:
                raise self._missing(model, said) from None
            if error.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise TryAgainError(f"the server failed: {said}") from None
            raise GenerationError(f"{model or 'Ollama'}: the server refused: {said}") from None
        except (httpx.HTTPError, json.JSONDecodeError, ValidationError, UnicodeDecodeError) as error:
            raise TryAgainError(f"the server's answer cannot be read ({type(error).__name__})") from None

    def _listed(self) -> dict[str, ollama.ListResponse.Model]:
        return {each.model: each for each in self._asked(lambda: self._client.list()).models if each.model}

    def _missing(self, model: str, said: str = "") -> GeneratorUnavailableError:
        told = f" ({said})" if said else ""
        return GeneratorUnavailableError(
            f"{model}: the server at {masked(self.address)} does not have it{told}; run: ollama pull {model}"
        )

    def _unreachable(self) -> ServerUnreachableError:
        return ServerUnreachableError(
            f"no Ollama answers at {masked(self.address)}; start it (ollama serve), or name another in {HOST_VARIABLE}"
        )

    def _too_slow(self, model: str | None) -> str:
        waited = f"no whole answer within {self._settings.timeout_s:g} s"
        return f"{model or 'Ollama'}: {waited}; raise timeout_s, or ask for less (num_predict)"


class OllamaGenerator:
    """One model of a server."""

    def __init__(self, server: Ollama, model: str) -> None:
        self._server, self._model = server, model

    @property
    def model(self) -> str:
        """Its tag."""
        return self._model

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, schema: Mapping[str, Any] | None = None
    ) -> Generation:
        """Answer; with a JSON schema the server lets nothing else through."""
        return self._server.chat(self._model, messages, options, schema)


def server_address(*, allow_remote: bool) -> str:
    """The server that OLLAMA_HOST names; InputError where it is on another machine and that is not allowed.

    `0.0.0.0`, which tells a server to listen everywhere, is asked on this machine.
    """
    given = os.environ.get(HOST_VARIABLE, "").strip() or DEFAULT_HOST
    address = given if "://" in given else f"http://{given}"
    try:
        split = urlsplit(address)
        host, _ = split.hostname or "127.0.0.1", split.port
    except ValueError:
        raise InputError(f"{HOST_VARIABLE}={masked(given)}: no address; write host:port or http://host:port") from None
    if split.scheme not in ("http", "https"):
        raise InputError(f"{HOST_VARIABLE}={masked(given)}: no address of a server; write http://host:port")
    if host in ("0.0.0.0", "::"):
        return address.replace("[::]", "127.0.0.1", 1).replace("0.0.0.0", "127.0.0.1", 1)
    if not allow_remote and not _is_loopback(host):
        raise InputError(
            f"{HOST_VARIABLE}={masked(given)}: is not on this machine; set ollama.allow_remote where texts may leave it"
        )
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def full_tag(model: str) -> str:
    """A model's name as the server lists it."""
    return model if ":" in model.rsplit("/", 1)[-1] else f"{model}:latest"


def _generation(text: str, last: ollama.ChatResponse, seconds: float) -> Generation:
    def of(nanoseconds: int | None) -> float | None:
        return None if nanoseconds is None else nanoseconds / _NANO

    return Generation(
        text.encode(errors="replace").decode(),  # half of a surrogate pair is no text that a file could hold
        last.done_reason or "stop",
        last.prompt_eval_count,
        last.eval_count,
        seconds,
        of(last.load_duration),
        of(last.prompt_eval_duration),
        of(last.eval_duration),
    )
