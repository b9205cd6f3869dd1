"""Models are made on a server of what is uploaded, once; a name stands for the one that is to be served."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain_ft.llm.ollama import HOST_VARIABLE
from domain_ft.llm.ollama_models import OllamaModels
from domain_ft.llm.protocol import GenerationError, GenerationOptions, GeneratorUnavailableError, Message
from domain_ft.llm.settings import OllamaSettings
from domain_ft_tests.llm.server import OllamaServer, serving_here

REQUEST = {"template": "{{ .Prompt }}", "parameters": {"stop": ["<|end|>"], "num_ctx": 2048}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    with serving_here(OllamaServer(), monkeypatch) as said:
        yield said


@pytest.fixture
def models(server: OllamaServer) -> OllamaModels:
    return OllamaModels(OllamaSettings(retries=1), pause=lambda seconds: None)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF" + bytes(3_000_000))
    return path


def test_a_file_is_uploaded_with_its_progress(server: OllamaServer, models: OllamaModels, weights: Path) -> None:
    told: list[tuple[int, int]] = []
    name = models.upload(weights, lambda sent, total: told.append((sent, total)))
    assert server.blobs[name] == weights.read_bytes()
    assert told[-1] == (3_000_004, 3_000_004)
    assert len(told) == 3


def test_what_the_server_has_is_not_sent_again(server: OllamaServer, models: OllamaModels, weights: Path) -> None:
    models.upload(weights)
    told: list[int] = []
    models.upload(weights, lambda sent, total: told.append(sent))
    assert told == []


def test_a_model_is_made_of_its_parts(server: OllamaServer, models: OllamaModels, weights: Path) -> None:
    told: list[str] = []
    models.create("mine:1", {"files": {"tiny.gguf": models.upload(weights)}, **REQUEST}, told.append)
    (asked,) = server.bodies("/api/create")
    assert (asked["template"], asked["parameters"]) == (REQUEST["template"], REQUEST["parameters"])
    assert told == ["writing manifest", "success"]
    assert models.generator("mine:1").generate([Message("user", "Hello")], GenerationOptions()).text == "made"


def test_a_name_stands_for_one_model_after_the_other(server: OllamaServer, models: OllamaModels, weights: Path) -> None:
    file = models.upload(weights)
    for tag in ("mine:1", "mine:2"):
        models.create(tag, {"files": {"tiny.gguf": file}})
    served = []
    for tag in ("mine:1", "mine:2", "mine:1"):
        models.name(tag, "mine")
        served.append(models.digest("mine") == models.digest(tag))
    assert served == [True, True, True]


def test_a_model_can_be_removed_and_its_name_stays_with_what_it_stands_for(
    server: OllamaServer, models: OllamaModels, weights: Path
) -> None:
    models.create("mine:1", {"files": {"tiny.gguf": models.upload(weights)}})
    models.name("mine:1", "mine")
    models.remove("mine:1")
    assert list(models.models()) == ["mine:latest"]


def test_a_server_that_fails_once_is_asked_again(server: OllamaServer, models: OllamaModels, weights: Path) -> None:
    server.faults.failing = 1
    assert models.upload(weights) in server.blobs


def test_a_server_that_will_not_take_a_file_is_a_sentence(
    server: OllamaServer, models: OllamaModels, weights: Path
) -> None:
    server.faults.failing = 2
    with pytest.raises(GenerationError, match=r"the server failed to take tiny\.gguf after 2 tries"):
        models.upload(weights)


def test_a_server_that_refuses_what_it_is_given_is_a_sentence(
    server: OllamaServer, models: OllamaModels, weights: Path
) -> None:
    server.faults.refusing = 1
    with pytest.raises(GenerationError, match="the server refused: invalid file magic"):
        models.create("mine:1", {"files": {"tiny.gguf": models.upload(weights)}})


def test_a_server_that_refuses_a_file_is_not_asked_again(
    server: OllamaServer, models: OllamaModels, weights: Path
) -> None:
    server.faults.refusing_files = 2
    with pytest.raises(GenerationError, match=r"^tiny\.gguf: the server refused it: .*invalid digest format"):
        models.upload(weights)
    assert server.faults.refusing_files == 1


def test_a_server_that_is_too_old_is_a_sentence_with_its_mend(
    server: OllamaServer, models: OllamaModels, weights: Path
) -> None:
    server.is_old = True
    with pytest.raises(GenerationError, match=r"^mine:1: the server is too old .*; update Ollama to 0\.5\.5 or later$"):
        models.create("mine:1", {"files": {"tiny.gguf": models.upload(weights)}})


def test_a_file_that_is_not_there_on_the_server_is_a_sentence(models: OllamaModels) -> None:
    with pytest.raises(GenerationError, match="the server refused: blob sha256:0 not found"):
        models.create("mine:1", {"files": {"tiny.gguf": "sha256:0"}})


def test_without_a_server_it_is_said_how_to_start_one(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "127.0.0.1:9")
    with pytest.raises(GeneratorUnavailableError, match=r"no Ollama answers at .*; start it \(ollama serve\)"):
        OllamaModels(OllamaSettings(retries=0)).upload(weights)
