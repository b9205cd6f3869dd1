"""An adapter becomes a package, and what a server says of it comes back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain_ft.comparison.model_arms import TunedModel
from domain_ft.delivery import export_adapter as exporting
from domain_ft.delivery.export_adapter import OllamaExport, export_adapter
from domain_ft.delivery.settings import DeliverySettings
from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.resources.ollama import OllamaServer as AllowedServer
from domain_ft.settings import checked_set
from domain_ft.store.home import Home
from domain_ft_tests.delivery.tiny_adapter import cut_as_llama_3, make_tiny_adapter
from domain_ft_tests.llm.server import OllamaServer, serving_here
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

Export = Callable[..., OllamaExport]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> TunedModel:
    folder = tmp_path_factory.mktemp("made")
    base = cut_as_llama_3(make_tiny_causal(folder / "tiny"))
    adapter = make_tiny_adapter(base, folder / "lora", demonstration=True, target_modules=["v_proj"])
    return TunedModel(adapter, base, folder)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    with serving_here(OllamaServer(), monkeypatch) as said:
        yield said


@pytest.fixture
def export(home: Home, tuned: TunedModel, server: OllamaServer) -> Export:
    def exported(**settings: Any) -> OllamaExport:
        chosen = DeliverySettings(**settings)
        return export_adapter(chosen, GenerationOptions(num_ctx=256), home, "shop", tuned)

    return exported


def test_it_is_served_and_said_to_be_of_a_demonstration_model(export: Export) -> None:
    found = export().as_json()
    assert (found["way"], found["tag"], found["served"]) == ("gguf", "shop:lora", "shop:latest")
    assert found["command"] is None
    assert found["demonstration"] == "tiny is a demonstration model, and so is what was made of it: not for work"


def test_what_llama_cpp_is_to_convert_is_delivered_when_it_has(export: Export, server: OllamaServer) -> None:
    before = export(way="llama_cpp")
    assert before.delivered is None
    assert before.command is not None
    assert f"--outfile {before.path / 'model' / 'shop.gguf'}" in before.command
    assert server.models == {}
    (before.path / "model" / "shop.gguf").write_bytes(b"GGUF")
    after = export(way="llama_cpp")
    assert after.command is None
    assert after.delivered is not None


def test_a_server_that_refuses_it_is_told_of_with_the_package(export: Export, server: OllamaServer) -> None:
    server.faults.refusing = 9
    with pytest.raises(DomainFtError, match=r"the server refused: .*; the package is ready in"):
        export(way="adapter")


def test_what_a_newer_server_does_not_take_is_refused_before_it_is_written(
    export: Export, server: OllamaServer, home: Home
) -> None:
    server.version = "0.34.2"
    with pytest.raises(InputError, match=r"adapter: Ollama 0\.34\.2 takes GGUF .*; open are: gguf, llama_cpp"):
        export(way="adapter")
    assert not home.exports("shop").exists()
    assert export(way="adapter", create=False).way == "adapter"


def test_a_package_by_other_code_is_another_package(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    first = export(create=False).path
    monkeypatch.setattr(exporting, "PACKAGE_CODE_VERSION", 0)
    assert export(create=False).path != first


def test_the_server_is_never_asked_to_fetch_a_model() -> None:
    with pytest.raises(InputError, match=r"--set ollama\.allow_pull: no such setting"):
        checked_set(DeliverySettings, {"ollama": {"allow_pull": True}})
    settings = DeliverySettings()
    assert AllowedServer(allow_pull=True).on_this_server(settings) == settings
    assert AllowedServer(timeout_s=7).on_this_server(settings).ollama.timeout_s == 7
