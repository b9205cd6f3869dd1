"""What a newer server no longer takes is not offered to it."""

import pytest

from domain_ft.delivery.server_version import server_version, ways_to_server
from domain_ft.delivery.ways import HANDED_OVER, Way
from domain_ft_tests.llm.server import OllamaServer, serving

WAYS = tuple(Way(name) for name in HANDED_OVER)


@pytest.mark.parametrize("version", ["0.34.1", "0.34.1-rc0", "0.40.0", "1.0.0"])
def test_a_newer_server_takes_gguf_files_of_whole_models_alone(version: str) -> None:
    found = {way.name: way.closed for way in ways_to_server(WAYS, version)}
    assert [name for name, closed in found.items() if not closed] == ["gguf", "llama_cpp"]
    assert found["adapter"] == (f"Ollama {version} takes GGUF files of whole models alone",)


@pytest.mark.parametrize("version", ["0.33.3", "0.5.13", "0.34.0", None])
def test_an_older_or_unknown_server_may_take_all(version: str | None) -> None:
    assert ways_to_server(WAYS, version) == WAYS


@pytest.mark.parametrize(("said", "version"), [("0.34.2", "0.34.2"), ("new", None), ("", None)])
def test_a_server_is_asked_for_its_version(said: str, version: str | None) -> None:
    with serving(OllamaServer(version=said)) as server:
        assert server_version(server.address) == version


def test_where_no_server_answers_there_is_no_version() -> None:
    assert server_version("http://127.0.0.1:9") is None
