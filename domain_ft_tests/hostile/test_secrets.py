"""A secret that we were given stays where it was: not in what is printed, nor in any file that a real run leaves.

The webhook's address is the business of `components/test_failures.py`; how texts are masked, of `test_safe_text.py`.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from domain_ft.domain import Domain, EmbeddingDomain
from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.landing.settings import SourceSettings
from domain_ft.safe_text import masked
from domain_ft.stages import ingest
from domain_ft.store.home import READ_ROOTS_VARIABLE, Home
from domain_ft_tests.faults.worker import BASE, SETTINGS
from domain_ft_tests.hostile.fuzzing import REPORT, new_repository
from domain_ft_tests.hostile.place import DOMAIN, Place
from domain_ft_tests.model_folders.test_hub import NAME, Hub, handler
from domain_ft_tests.registry.conftest import Server, empty_store, server

__all__ = ["empty_store", "server"]

USER, SECRET = "somebody", "hunter2/s3cr3t"
TOKEN = "hf_veryVerySecretToken"


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, as it stands in addresses, and as a browser sends it."""
    yield from (secret.encode(), quote(secret, safe="").encode())
    yield base64.b64encode(f"{USER}:{secret}".encode()).rstrip(b"=")


def holding(secret: str, *folders: Path) -> list[str]:
    """The files below some folders that hold a secret, and the names that do."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        found += [str(path) for form in forms(secret) if form in content or form.decode() in str(path)]
    return found


def with_user(address: str) -> str:
    """An address with a user and a password."""
    return address.replace("://", f"://{USER}:{quote(SECRET, safe='')}@")


def command(home: Home, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "domain_ft.cli", *arguments]
    return subprocess.run(
        line, env={**os.environ, "DOMAIN_FT_HOME": str(home.root), **environment}, capture_output=True, text=True,
        check=False, timeout=500,
    )  # fmt: skip


def settings(home: Home, *sections: str, **changes: str) -> list[str]:
    """The tiny settings of some sections for a command line."""
    chosen = {**SETTINGS, "training.base_model": str(home.root / BASE), **changes}
    kept = {name: value for name, value in chosen.items() if not sections or name.partition(".")[0] in sections}
    return [part for name, value in kept.items() for part in ("--set", f"{name}={value}")]


@pytest.mark.slow
@pytest.mark.parametrize("up", [True, False])
def test_the_password_of_the_tracking_server_is_written_nowhere(
    mined: Home, home: Home, server: Server, up: bool, tmp_path: Path
) -> None:
    """Through the whole loop as a Dagster run: with a server that answers, and with one that is down."""
    shutil.copytree(mined.root / BASE, home.root / BASE)
    if up:
        server.start()
    address = {"MLFLOW_TRACKING_URI": with_user(server.address), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    history = mined.root.parent / "h.csv"
    done = command(home, "run", DOMAIN, str(history), *settings(home), "--json", **address)
    assert done.returncode == (0 if up else 1), done.stderr[-3000:]
    assert ("owed" in json.dumps(json.loads(done.stdout))) is not up
    others = [command(home, *each, **address) for each in (["status"], ["doctor"], ["compare", DOMAIN])]
    printed = "".join(each.stdout + each.stderr for each in (done, *others))
    assert "127.0.0.1" in printed
    assert not any(form.decode() in printed for form in forms(SECRET))
    assert holding(SECRET, home.root, server.folder) == []


@pytest.fixture
def hub(mined: Home, tmp_path: Path) -> Iterator[Hub]:
    """A hub on loopback that holds the tiny model."""
    made = Hub({"main": mined.root / BASE})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(made)) as listening:
        made.url = f"http://127.0.0.1:{listening.server_address[1]}"
        threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True).start()
        yield made
        listening.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("secret", [SECRET, TOKEN])
def test_the_token_or_password_of_the_hub_is_sent_and_written_nowhere(
    mined: Home, home: Home, hub: Hub, secret: str
) -> None:
    shutil.copytree(mined.root, home.root, symlinks=True, dirs_exist_ok=True)
    changed = settings(home, "training", **{"training.base_model": NAME})
    address = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN} if secret == TOKEN else {"HF_ENDPOINT": with_user(hub.url)}
    done = command(home, "train", DOMAIN, *changed, "--json", **address)
    assert done.returncode == 0, done.stderr[-3000:]
    assert any(sent and sent.startswith("Bearer" if secret == TOKEN else "Basic") for sent in hub.tokens)
    assert not any(form.decode() in done.stdout + done.stderr for form in forms(secret))
    assert holding(secret, home.root) == []


def test_the_token_and_the_password_of_a_hub_that_is_out_of_reach_are_written_nowhere(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain_ft.embedding.models import resolve_base_model

    monkeypatch.setenv("HF_ENDPOINT", with_user("http://127.0.0.1:9"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(InputError, match="the hub cannot be reached") as refusal:
        resolve_base_model(NAME, None, place.home)
    for secret in (SECRET, TOKEN):
        assert not any(form.decode() in str(refusal.value) for form in forms(secret))
        assert holding(secret, place.home.root) == []


def test_the_password_of_a_repository_is_written_nowhere(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of one named by an address, which is refused, nor of the remote of one that is read."""
    repository = new_repository(tmp_path / "repository")
    repository.git("remote", "add", "origin", with_user("https://example.org/x.git"))
    monkeypatch.setenv(READ_ROOTS_VARIABLE, str(repository.path))
    report = place.write("report.xml", REPORT.replace(b"%s", repository.git("rev-parse", "HEAD").encode()))
    domain = find_domain(DOMAIN)

    def of(named: str) -> Domain:
        source = SourceSettings(repository=named)
        return EmbeddingDomain(domain.settings.model_copy(update={"source": source}), domain.file)

    with pytest.raises(InputError) as refusal:
        ingest(of(with_user("https://example.org/x.git")), place.home, [report])
    assert not any(form.decode() in masked(str(refusal.value)) for form in forms(SECRET))
    assert ingest(of(str(repository.path)), place.home, [report]).accepted == 4
    (repository.path / ".git" / "HEAD").write_text("spoilt")
    with pytest.raises(InputError) as refusal:
        ingest(of(str(repository.path)), place.home, [place.write("other.xml", report.read_bytes() + b"\n")])
    assert not any(form.decode() in masked(str(refusal.value)) for form in forms(SECRET))
    assert holding(SECRET, place.home.root) == []
