"""A server on loopback that speaks Ollama's HTTP API as the real one does, and fails as the real one does.

What it answers is up to the test: a model is a function of the messages, the options and the format. Durations are
nanoseconds, an error in the middle of a stream is a line of an answer with status 200, and a model that is not there is
a 404 with a sentence.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from domain_ft.llm.ollama import HOST_VARIABLE
from domain_ft.llm.protocol import Generation

if TYPE_CHECKING:
    import pytest

Answer = Callable[[Sequence[Mapping[str, str]], Mapping[str, Any], Any], str | Generation]
"""What a model says to (messages, options, format): text, whose words count as tokens, or a language model's answer."""
NANO = 1_000_000_000
STAMP = "2026-11-21T12:00:00.000000Z"


@dataclass
class Faults:
    """What goes wrong with the next answers; each number counts down, to be right again at 0."""

    failing: int = 0
    """Answers of status 500."""
    erring: int = 0
    """Answers in whose stream an error stands after the first token."""
    cut_off: int = 0
    """Streams that end before they are done."""
    garbled: int = 0
    """Streams in which half a line of JSON stands."""
    refusing: int = 0
    """Models that it will not make of what it is given."""
    refusing_files: int = 0
    """Files that it will not take."""
    slow_s: float = 0.0
    """Seconds before each token."""

    def take(self, name: str) -> bool:
        """Whether this fault strikes now."""
        left = getattr(self, name)
        setattr(self, name, max(left - 1, 0))
        return bool(left)


@dataclass
class OllamaServer:
    """The server: its models by tag, those that may be pulled, and everything that was asked."""

    models: dict[str, Answer] = field(default_factory=dict)
    version: str = "0.30.11"
    """What it says it is; nothing where it is empty."""
    registry: dict[str, Answer] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """Where a model's digest is not that of its tag."""
    details: dict[str, dict[str, str]] = field(default_factory=dict)
    """What is shown of a model, where that is not the same as of any."""
    tokens_at_once: int = 1
    """Tokens in a line of a stream; the real one sends one, which takes a survey's tests too long."""
    timed: bool = False
    """Whether an answer's duration is what it took, and not always one second."""
    faults: Faults = field(default_factory=Faults)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    is_old: bool = False
    """Whether it is of before 0.5.5, and makes models of Modelfiles alone."""
    address: str = ""

    def digest(self, tag: str) -> str:
        """The digest that the server names a model by."""
        return self.digests.get(tag) or hashlib.sha256(tag.encode()).hexdigest()

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """What was asked of one path."""
        return [body for asked, body in self.asked if asked == path]


@contextmanager
def serving(server: OllamaServer, port: int = 0) -> Iterator[OllamaServer]:
    """The server at its `address`, until the end of the block; on a port of its own, or on the one that is named."""
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(server)) as listening:
        listening.daemon_threads = True
        server.address = f"http://127.0.0.1:{listening.server_address[1]}"
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown()


@contextmanager
def serving_here(server: OllamaServer, monkeypatch: "pytest.MonkeyPatch") -> Iterator[OllamaServer]:
    """The server, which the environment names until the end of the test."""
    with serving(server):
        monkeypatch.setenv(HOST_VARIABLE, server.address)
        yield server


def _handler(server: OllamaServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked has gone
                super().handle()

        def log_message(self, *unused: Any) -> None:
            """Nothing: a test's output is its own."""

        def do_GET(self) -> None:
            if self.path == "/api/tags":
                self._say({"models": [self._listed(tag) for tag in server.models]})
            elif self.path == "/api/ps":
                self._say({"models": [{**self._listed(tag), "size_vram": 0} for tag in sorted(server.loaded)]})
            elif self.path == "/api/version" and server.version:
                self._say({"version": server.version})
            elif self.path == "/":
                self._send(200, b"Ollama is running", "text/plain")
            else:
                self._send(404, b"404 page not found", "text/plain")

        def do_HEAD(self) -> None:
            self._send(200 if self.path.removeprefix("/api/blobs/") in server.blobs else 404, b"", "text/plain")

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.startswith("/api/blobs/"):
                self._take_blob(self.path.removeprefix("/api/blobs/"), content)
                return
            body = json.loads(content)
            server.asked.append((self.path, body))
            steps = {
                "/api/chat": self._chat,
                "/api/generate": self._generate,
                "/api/show": self._show,
                "/api/pull": self._pull,
                "/api/create": self._create,
                "/api/copy": self._copy,
            }
            if self.path in steps:
                steps[self.path](body)
            else:
                self._send(404, b"404 page not found", "text/plain")

        def _chat(self, body: dict[str, Any]) -> None:
            self._answer(body, body["messages"], lambda text: {"message": {"role": "assistant", "content": text}})

        def _generate(self, body: dict[str, Any]) -> None:
            system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
            messages = [*system, {"role": "user", "content": body.get("prompt", "")}]
            self._answer(body, messages, lambda text: {"response": text})

        def _answer(
            self,
            body: dict[str, Any],
            messages: Sequence[Mapping[str, str]],
            shaped: Callable[[str], dict[str, Any]],
        ) -> None:
            model = _tag(body["model"])
            if model not in server.models:
                self._say({"error": f"model '{body['model']}' not found"}, 404)
                return
            if server.faults.take("failing"):
                self._say({"error": "llama runner process has terminated: signal: killed"}, 500)
                return
            server.loaded.add(model)
            options = body.get("options") or {}
            began = time.monotonic()
            found = server.models[model](messages, options, body.get("format"))
            took = int((time.monotonic() - began) * NANO) if server.timed else NANO
            text = found.text if isinstance(found, Generation) else found
            tokens = text.split(" ")
            kept = tokens[: None if isinstance(found, Generation) else options.get("num_predict") or None]
            lines = [kept[at : at + server.tokens_at_once] for at in range(0, len(kept), server.tokens_at_once)]
            parts = [f"{' ' if number else ''}{' '.join(line)}" for number, line in enumerate(lines)]
            last = {
                "model": body["model"],
                "created_at": STAMP,
                "done": True,
                "done_reason": "stop" if len(kept) == len(tokens) else "length",
                "total_duration": 3 * NANO,
                "load_duration": NANO,
                "prompt_eval_count": sum(len(message["content"].split()) for message in messages),
                "prompt_eval_duration": NANO // 2,
                "eval_count": len(kept),
                "eval_duration": took,
            }
            if isinstance(found, Generation):
                last |= {"done_reason": found.done_reason, "eval_count": found.tokens_out}
            if not body.get("stream", True):
                self._say({**last, **shaped("".join(parts))})
                return
            self._stream(self._parts(body["model"], parts, last, shaped))

        def _parts(
            self, model: str, parts: Sequence[str], last: dict[str, Any], shaped: Callable[[str], dict[str, Any]]
        ) -> Iterator[bytes]:
            erring, cut_off, garbled = (server.faults.take(name) for name in ("erring", "cut_off", "garbled"))
            for number, part in enumerate(parts):
                time.sleep(server.faults.slow_s)
                if erring and number:
                    yield _line({"error": "an error was encountered while running the model: out of memory"})
                    return
                if garbled and number:
                    yield b'{"model": "half a li\n'
                    return
                if cut_off and number:
                    return
                yield _line({"model": model, "created_at": STAMP, "done": False, **shaped(part)})
            yield _line({**last, **shaped("")})

        def _show(self, body: dict[str, Any]) -> None:
            model = _tag(body["model"])
            if model not in server.models:
                self._say({"error": f"model '{body['model']}' not found"}, 404)
                return
            details = {"format": "gguf", "family": "llama", "parameter_size": "1M", "quantization_level": "F32"}
            details |= server.details.get(model, {})
            info = {"general.architecture": "llama", "llama.context_length": 2048}
            self._say(
                {"template": "{{ .Prompt }}", "details": details, "model_info": info, "capabilities": ["completion"]}
            )

        def _pull(self, body: dict[str, Any]) -> None:
            model = _tag(body["model"])
            if server.faults.take("failing"):
                self._say({"error": "out of room"}, 500)
                return
            self._stream(self._pulled(model))

        def _pulled(self, model: str) -> Iterator[bytes]:
            yield _line({"status": "pulling manifest"})
            if model not in server.registry:
                yield _line({"error": "pull model manifest: file does not exist"})
                return
            digest = f"sha256:{server.digest(model)}"
            for completed in (0, 500, 1000):
                yield _line(
                    {"status": f"pulling {digest[7:19]}", "digest": digest, "total": 1000, "completed": completed}
                )
            if server.faults.take("cut_off"):
                return
            server.models[model] = server.registry[model]
            yield _line({"status": "success"})

        def _create(self, body: dict[str, Any]) -> None:
            if server.is_old:
                self._say({"error": "path or Modelfile are required"}, 400)
                return
            named = {**(body.get("files") or {}), **(body.get("adapters") or {})}
            missing = [digest for digest in named.values() if digest not in server.blobs]
            if missing:
                self._say({"error": f"blob {missing[0]} not found"}, 400)
                return
            base = _tag(body["from"]) if body.get("from") else None
            if base and base not in server.models:
                self._say({"error": f"model '{body['from']}' not found"}, 404)
                return
            if server.faults.take("refusing"):
                self._say({"error": "invalid file magic"}, 400)
                return
            server.models[_tag(body["model"])] = server.models[base] if base else lambda *unused: "made"
            self._stream(iter([_line({"status": "writing manifest"}), _line({"status": "success"})]))

        def _copy(self, body: dict[str, Any]) -> None:
            source, name = _tag(body["source"]), _tag(body["destination"])
            if source not in server.models:
                self._say({"error": f"model '{body['source']}' not found"}, 404)
                return
            server.models[name] = server.models[source]
            server.digests[name] = server.digest(source)
            self._send(200, b"", "text/plain")

        def do_DELETE(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if server.models.pop(_tag(body["model"]), None) is None:
                self._say({"error": f"model '{body['model']}' not found"}, 404)
            else:
                self._send(200, b"", "text/plain")

        def _take_blob(self, digest: str, content: bytes) -> None:
            if digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
                self._say({"error": "digest mismatch"}, 400)
                return
            if server.faults.take("refusing_files"):
                self._say({"error": "invalid digest format"}, 400)
                return
            if server.faults.take("failing"):
                self._say({"error": "no space left on device"}, 500)
                return
            server.blobs[digest] = content
            self._send(201, b"", "text/plain")

        def _listed(self, tag: str) -> dict[str, Any]:
            size = server.sizes.get(tag, 1_000_000)
            return {"name": tag, "model": tag, "digest": server.digest(tag), "size": size, "modified_at": STAMP}

        def _say(self, value: Any, status: int = 200) -> None:
            self._send(status, json.dumps(value).encode(), "application/json; charset=utf-8")

        def _send(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, lines: Iterator[bytes]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for line in lines:
                    self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    return Handler


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _tag(model: str) -> str:
    return model if ":" in model.rsplit("/", 1)[-1] else f"{model}:latest"
