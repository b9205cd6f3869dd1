"""Making models on an Ollama server: files uploaded, a model made of them, a name that stands for it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import ollama

from domain_ft.errors import DomainFtError
from domain_ft.llm.ollama import Ollama, TryAgainError, full_tag
from domain_ft.llm.protocol import GenerationError
from domain_ft.safe_text import brief, one_line
from domain_ft.store.digests import sha256_file

OnSent = Callable[[int, int], None]
"""Bytes of a file that are sent, and of how many."""
_CHUNK = 1 << 20
_WANTS_MODELFILE = "modelfile"
"""Servers of before 0.5.5 know no `files`: they ask for a Modelfile, which could only name files of their own disk."""
_TOO_OLD = "is too old to make a model of files; update Ollama to 0.5.5 or later"


class OllamaModels(Ollama):
    """A server whose models we make."""

    def upload(self, file: Path, on_sent: OnSent = lambda sent, total: None) -> str:
        """Have the server keep a file; the name that it has there (`sha256:...`). What is there is not sent again.

        GenerationError where the server refuses it, DomainFtError where it changes while it is sent.
        """
        name, size = f"sha256:{sha256_file(file)}", file.stat().st_size

        def send() -> None:
            with httpx.Client(base_url=self.address, timeout=self._settings.timeout_s, trust_env=False) as client:
                if client.head(f"/api/blobs/{name}").status_code == httpx.codes.OK:
                    return
                content, length = _sent(file, size, on_sent), {"Content-Length": str(size)}
                _judge(client.post(f"/api/blobs/{name}", content=content, headers=length), file)

        self._asked(send)
        return name

    def create(
        self, model: str, request: Mapping[str, Any], on_said: Callable[[str], None] = lambda said: None
    ) -> None:
        """Make a model: of uploaded `files` and `adapters` (name -> what `upload` gave) or `from_` one that is there,
        with its `template` and `parameters`; `on_said` gets what the server says meanwhile.

        GenerationError where the server refuses, or does not know such a request because it is too old.
        """

        def make() -> None:
            try:
                for part in self._client.create(model, stream=True, **request):
                    on_said(part.status or "")
            except ollama.ResponseError as error:
                if _WANTS_MODELFILE in str(error.error).lower():
                    raise GenerationError(f"{model}: the server {_TOO_OLD}") from None
                raise
            if full_tag(model) not in self.models():
                raise TryAgainError(f"the server did not keep it; perhaps it {_TOO_OLD}")

        self._asked(make)

    def name(self, model: str, served: str) -> None:
        """Let a name stand for a model; what it stood for before is no longer called so."""
        self._asked(lambda: self._client.copy(model, served), model)

    def remove(self, model: str) -> None:
        """Remove a model, or a name of one; the others stay."""
        self._asked(lambda: self._client.delete(model), model)


def _sent(file: Path, size: int, on_sent: OnSent) -> Iterator[bytes]:
    sent = 0
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            sent += len(chunk)
            on_sent(sent, size)
            yield chunk
    if sent != size:
        raise DomainFtError(f"{file}: changed while it was sent; do it again")


def _judge(answer: httpx.Response, file: Path) -> None:
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise TryAgainError(f"the server failed to take {file.name}")
    if answer.is_error:
        raise GenerationError(f"{file.name}: the server refused it: {brief(one_line(answer.text), 200)}")
