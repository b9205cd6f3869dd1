"""Ollama is asked with every option, and whatever it does comes back as an answer or as one sentence."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.llm.ollama import HOST_VARIABLE, Ollama, server_address
from domain_ft.llm.protocol import GenerationError, GenerationOptions, GeneratorUnavailableError, Message, ModelFacts
from domain_ft.llm.settings import OllamaSettings
from domain_ft_tests.llm.server import OllamaServer, serving_here

ASKED = [Message("system", "Be brief."), Message("user", "What is asked for?")]
OPTIONS = GenerationOptions()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    """A server with one model, which says how many words it was asked."""
    said = OllamaServer(models={"tiny:1b": lambda messages, options, form: f"You sent {len(messages)} messages to me"})
    with serving_here(said, monkeypatch):
        yield said


def client(**settings: Any) -> Ollama:
    return Ollama(OllamaSettings(**settings), pause=lambda seconds: None)


def ask(options: GenerationOptions = OPTIONS, **settings: Any) -> Any:
    return client(**settings).generator("tiny:1b").generate(ASKED, options)


def test_an_answer_comes_with_its_figures(server: OllamaServer) -> None:
    answer = ask()
    assert (answer.text, answer.done_reason) == ("You sent 2 messages to me", "stop")
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_per_second) == (6, 6, 6.0)
    assert (answer.load_seconds, answer.prompt_seconds, answer.answer_seconds) == (1.0, 0.5, 1.0)


def test_every_option_is_sent(server: OllamaServer) -> None:
    ask(GenerationOptions(temperature=0.5, seed=7, num_ctx=512, num_predict=99, stop=("END",)), keep_alive="1m")
    (body,) = server.bodies("/api/chat")
    assert body["options"] == {"temperature": 0.5, "seed": 7, "num_ctx": 512, "num_predict": 99, "stop": ["END"]}
    assert body["keep_alive"] == "1m"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}


def test_a_schema_is_sent_as_the_format(server: OllamaServer) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    client().generator("tiny:1b").generate(ASKED, OPTIONS, schema)
    assert server.bodies("/api/chat")[0]["format"] == schema


def test_an_answer_that_is_cut_off_says_so(server: OllamaServer) -> None:
    assert ask(GenerationOptions(num_predict=2)).done_reason == "length"


@pytest.mark.parametrize("fault", ["failing", "cut_off", "garbled"])
def test_what_breaks_once_is_tried_again(server: OllamaServer, fault: str) -> None:
    setattr(server.faults, fault, 2)
    assert ask(retries=2).text == "You sent 2 messages to me"
    assert len(server.bodies("/api/chat")) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("failing", r"tiny:1b: the server failed: llama runner process has terminated.* after 2 tries"),
        ("cut_off", r"tiny:1b: the answer broke off after 2 tries"),
        ("garbled", r"tiny:1b: the server's answer cannot be read \(JSONDecodeError\) after 2 tries"),
        ("erring", r"tiny:1b: the server refused: .*out of memory"),
    ],
)
def test_what_stays_broken_is_a_sentence(server: OllamaServer, fault: str, said: str) -> None:
    setattr(server.faults, fault, 99)
    with pytest.raises(GenerationError, match=said):
        ask(retries=1)


def test_a_slow_answer_is_given_up(server: OllamaServer) -> None:
    server.faults.slow_s = 0.2
    with pytest.raises(GenerationError, match=r"no whole answer within 0\.5 s"):
        ask(timeout_s=0.5)


def test_a_server_that_says_nothing_is_given_up(server: OllamaServer) -> None:
    server.faults.slow_s = 5
    began = time.monotonic()
    with pytest.raises(GenerationError, match=r"no whole answer within 0\.3 s"):
        ask(timeout_s=0.3)
    assert time.monotonic() - began < 3


def test_a_model_that_is_not_there_is_a_sentence_with_its_mend(server: OllamaServer) -> None:
    with pytest.raises(GeneratorUnavailableError, match=r"other: the server .* run: ollama pull other"):
        client().generator("other").generate(ASKED, OPTIONS)
    with pytest.raises(GeneratorUnavailableError, match="run: ollama pull other"):
        client().ensure("other")


def test_a_model_is_fetched_where_that_is_allowed(server: OllamaServer) -> None:
    server.registry["other:latest"] = server.models["tiny:1b"]
    seen: list[tuple[int, int | None]] = []
    client(allow_pull=True).ensure("other", lambda done, total: seen.append((done, total)))
    assert "other:latest" in server.models
    assert (500, 1000) in seen


def test_a_model_that_nobody_has_cannot_be_fetched(server: OllamaServer) -> None:
    with pytest.raises(GenerationError, match="other: the server refused: pull model manifest: file does not exist"):
        client(allow_pull=True).ensure("other")


@pytest.mark.parametrize("fault", ["failing", "cut_off"])
def test_a_download_that_fails_is_tried_again_and_then_a_sentence(server: OllamaServer, fault: str) -> None:
    server.registry["other:latest"] = server.models["tiny:1b"]
    setattr(server.faults, fault, 2)
    with pytest.raises(GenerationError, match=r"other: .* after 2 tries"):
        client(allow_pull=True, retries=1).ensure("other")
    client(allow_pull=True, retries=0).ensure("other")
    assert "other:latest" in server.models


def test_a_model_that_is_there_is_not_fetched_again(server: OllamaServer) -> None:
    client(allow_pull=True).ensure("tiny:1b")
    assert server.bodies("/api/pull") == []


def test_the_memory_of_a_loaded_model_is_known(server: OllamaServer) -> None:
    server.sizes["tiny:1b"] = 123_456
    assert client().memory("tiny:1b") is None
    ask()
    assert client().memory("tiny:1b") == 123_456


def test_a_model_named_without_its_tag_is_the_latest(server: OllamaServer) -> None:
    server.models["plain:latest"] = server.models["tiny:1b"]
    client().generator("plain").generate(ASKED, OPTIONS)
    assert client().memory("plain") == 1_000_000
    assert client().facts("plain").digest == server.digest("plain:latest")


def test_what_a_model_is_comes_from_its_server(server: OllamaServer) -> None:
    server.sizes["tiny:1b"] = 5
    facts = client().facts("tiny:1b")
    assert facts == ModelFacts(server.digest("tiny:1b"), 5, "1M", "F32")
    with pytest.raises(GeneratorUnavailableError, match=r"other: .* run: ollama pull other"):
        client().facts("other")


def test_half_of_a_character_in_an_answer_is_no_text(server: OllamaServer) -> None:
    server.models["tiny:1b"] = lambda messages, options, form: "so\ud800 it is"
    assert ask().text == "so? it is"


def test_without_a_server_the_sentence_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "127.0.0.1:9")
    with pytest.raises(GeneratorUnavailableError, match=r"no Ollama answers at http://127\.0\.0\.1:9; start it"):
        ask()


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("localhost:1234", "http://localhost:1234"),
        ("0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("[::1]:11434", "http://[::1]:11434"),
        ("http://127.0.0.2:80/ollama", "http://127.0.0.2:80/ollama"),
    ],
)
def test_a_server_on_this_machine_is_asked(monkeypatch: pytest.MonkeyPatch, given: str, address: str) -> None:
    monkeypatch.setenv(HOST_VARIABLE, given)
    assert server_address(allow_remote=False) == address


@pytest.mark.parametrize("given", ["example.org:11434", "https://example.org", "10.0.0.1", "localhost.example.org"])
def test_a_server_elsewhere_is_asked_only_where_that_is_allowed(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(HOST_VARIABLE, given)
    with pytest.raises(InputError, match=r"is not on this machine; set ollama\.allow_remote"):
        server_address(allow_remote=False)
    assert given in server_address(allow_remote=True)


@pytest.mark.parametrize("given", ["ftp://localhost", "http://[::1", "localhost:port"])
def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(HOST_VARIABLE, given)
    with pytest.raises(InputError, match=r"OLLAMA_HOST=.*: no address"):
        server_address(allow_remote=False)


def test_a_proxy_of_the_environment_is_not_asked(server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert ask().text


def test_several_questions_at_once_are_answered(server: OllamaServer) -> None:
    texts: list[str] = []
    asking = [threading.Thread(target=lambda: texts.append(ask().text)) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert texts == ["You sent 2 messages to me"] * 8
