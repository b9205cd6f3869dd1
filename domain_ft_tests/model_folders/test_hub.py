"""Hub models, from a hub on loopback: the revision that was asked for is the one that is fetched, and kept."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain_ft.embedding.cross_encoder import resolve_cross_encoder
from domain_ft.errors import InputError
from domain_ft.model_folders.digest import model_digest
from domain_ft.model_folders.find import resolve_model
from domain_ft.store.home import Home

NAME = "some/model"


def digest(content: bytes) -> str:
    """Forty hex digits, as git's."""
    return hashlib.sha1(content).hexdigest()


@dataclass
class Hub:
    """A hub that holds one model at several revisions, each a folder; what it was asked for is noted."""

    revisions: dict[str, Path]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)

    def commit(self, revision: str) -> str:
        """The commit that a revision names; a commit names itself."""
        return revision if len(revision) == 40 else digest(revision.encode())

    def folder(self, revision: str) -> Path | None:
        """The files of a revision or commit."""
        return next((path for name, path in self.revisions.items() if revision in (name, self.commit(name))), None)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a request, as the hub's own interface gives them."""
        if not path.startswith((f"/api/models/{NAME}", f"/{NAME}/resolve/")):
            return 404, {"X-Error-Code": "RepoNotFound"}, b""
        parts = path.partition(NAME)[2].split("/")[1:] or ["revision", "main"]
        what, revision = parts[:2]
        folder = self.folder(revision)
        if folder is None:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        commit = self.commit(revision)
        if what == "resolve":
            body = (folder / "/".join(parts[2:])).read_bytes()
            return 200, {"X-Repo-Commit": commit, "ETag": f'"{digest(body)}"'}, body
        if what == "revision":
            return 200, {}, json.dumps({"id": NAME, "sha": commit, "siblings": []}).encode()
        contents = {name: (folder / name).read_bytes() for name in sorted(names(folder))}
        listed = [
            {"type": "file", "path": name, "size": len(content), "oid": digest(content)}
            for name, content in contents.items()
        ]
        return 200, {}, json.dumps(listed).encode()


def names(folder: Path) -> set[str]:
    """The files of a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    """The hub behind a web server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.asked.append(urlsplit(self.path).path)
            hub.tokens.add(self.headers.get("Authorization"))
            status, headers, body = hub.answer(urlsplit(self.path).path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *unused: Any) -> None:
            pass

    return Handler


@pytest.fixture
def hub(tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on loopback with two revisions that differ in their weights."""
    made = Hub({name: Path(shutil.copytree(tiny_bert, tmp_path / name)) for name in ("main", "v2")})
    weights = made.revisions["v2"] / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(made)) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield made
        server.shutdown()


def test_a_model_is_fetched_at_the_revision_that_was_asked_for(hub: Hub, home: Home) -> None:
    base = resolve_model(NAME, "v2", home, "base_model")
    assert base.sha256 == model_digest(hub.revisions["v2"]) != model_digest(hub.revisions["main"])
    assert base.path.name == hub.commit("v2")


def test_without_a_revision_the_main_one_is_fetched(hub: Hub, home: Home) -> None:
    assert resolve_model(NAME, None, home, "base_model").sha256 == model_digest(hub.revisions["main"])


def test_a_commit_is_a_revision_too(hub: Hub, home: Home) -> None:
    assert resolve_model(NAME, hub.commit("v2"), home, "base_model").sha256 == model_digest(hub.revisions["v2"])


def test_another_revision_is_another_base_and_another_version(hub: Hub, world: Any) -> None:
    one, other = (world.job(base_model=NAME, base_revision=revision) for revision in (None, "v2"))
    assert one.base.sha256 != other.base.sha256
    assert one.version != other.version


def test_a_revision_that_the_hub_does_not_have_is_named(hub: Hub, home: Home) -> None:
    with pytest.raises(InputError, match=r"^base_revision: some/model has no revision 'v3' on the hub$"):
        resolve_model(NAME, "v3", home, "base_model")


def test_a_model_that_the_hub_does_not_have_is_named(hub: Hub, home: Home) -> None:
    with pytest.raises(InputError, match=r"^base_model: no model 'some/other' on the hub, or no access to it"):
        resolve_model("some/other", None, home, "base_model")


def test_a_cross_encoder_that_the_hub_does_not_have_is_named_by_its_setting(hub: Hub, home: Home) -> None:
    with pytest.raises(InputError, match=r"^hard_negatives_cross_encoder: no model 'some/other' on the hub, or no"):
        resolve_cross_encoder("some/other", home)


def test_pickles_and_other_runtimes_are_not_fetched(hub: Hub, home: Home) -> None:
    for name in ("pytorch_model.bin", "onnx/config.json", "model.onnx"):
        (hub.revisions["v2"] / name).parent.mkdir(exist_ok=True)
        (hub.revisions["v2"] / name).write_text("{}")
    assert names(resolve_model(NAME, "v2", home, "base_model").path) == names(hub.revisions["main"])


def test_a_chat_template_in_a_file_of_its_own_is_fetched(hub: Hub, home: Home) -> None:
    (hub.revisions["main"] / "chat_template.jinja").write_text("{{ messages }}")
    assert "chat_template.jinja" in names(resolve_model(NAME, None, home, "base_model").path)


def test_what_was_fetched_is_not_fetched_again(hub: Hub, home: Home) -> None:
    resolve_model(NAME, "v2", home, "base_model")
    hub.asked.clear()
    resolve_model(NAME, "v2", home, "base_model")
    assert [path for path in hub.asked if "/resolve/" in path] == []


def test_the_token_of_the_environment_is_sent(hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    resolve_model(NAME, None, home, "base_model")
    assert hub.tokens == {"Bearer hf_secret"}


@pytest.mark.parametrize("revision", [None, "v2"])
def test_what_was_fetched_is_used_when_the_hub_is_out_of_reach(
    hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch, revision: str | None
) -> None:
    (hub.revisions[revision or "main"] / "pytorch_model.bin").write_bytes(b"")
    fetched = resolve_model(NAME, revision, home, "base_model")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert resolve_model(NAME, revision, home, "base_model") == fetched
