"""A tuned model is made on the server, asked, and served under a name that can go back to the one before."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain_ft.delivery.ollama_delivery import Delivered, deliver, serve_again, standing_for
from domain_ft.delivery.package import Package, package_model
from domain_ft.delivery.ways import WayName
from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.ollama_models import OllamaModels
from domain_ft.llm.protocol import GenerationError, GenerationOptions, Message
from domain_ft.llm.settings import OllamaSettings
from domain_ft_tests.delivery.tiny_adapter import cut_as_llama_3, make_tiny_adapter
from domain_ft_tests.llm.server import OllamaServer, serving_here
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

OPTIONS = GenerationOptions(num_ctx=256)
ASKED = [Message("user", "A till for shops")]
Deliver = Callable[..., Delivered]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    with serving_here(OllamaServer(), monkeypatch) as said:
        yield said


@pytest.fixture
def models(server: OllamaServer) -> OllamaModels:
    return OllamaModels(OllamaSettings(retries=0))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[WayName], Package]:
    folder = tmp_path_factory.mktemp("made")
    base = cut_as_llama_3(make_tiny_causal(folder / "tiny"))
    adapter = make_tiny_adapter(base, folder / "lora", target_modules=["v_proj", "up_proj"])
    return lambda way: package_model(base, adapter, folder / way, "mine", OPTIONS, way)


@pytest.fixture
def brought(models: OllamaModels, packages: Callable[[WayName], Package]) -> Deliver:
    def bring(tag: str = "mine:1", way: WayName = "gguf") -> Delivered:
        return deliver(packages(way), models, tag=tag, served="mine", question=ASKED, options=OPTIONS)

    return bring


def test_the_served_name_stands_for_the_new_model_and_then_for_the_next(models: OllamaModels, brought: Deliver) -> None:
    first, second = brought("mine:1"), brought("mine:2")
    assert (first.previous, second.previous) == (None, "mine:1")
    assert standing_for(models, "mine") == "mine:2"
    assert first.answer == "made"


@pytest.mark.parametrize(
    ("way", "adapters"), [("adapter", True), ("gguf_adapter", True), ("merged", False), ("gguf", False)]
)
def test_each_way_hands_over_its_files(server: OllamaServer, brought: Deliver, way: WayName, adapters: bool) -> None:
    brought(way=way)
    (asked,) = server.bodies("/api/create")
    assert bool(asked.get("adapters")) == adapters
    assert set(asked["files"].values()) <= set(server.blobs)
    assert "range .Messages" in asked["template"]
    assert asked["parameters"]["num_ctx"] == 256


def test_it_can_stand_for_the_one_before_again(models: OllamaModels, brought: Deliver) -> None:
    brought("mine:1")
    previous = brought("mine:2").previous
    assert previous
    serve_again(models, previous, "mine")
    assert standing_for(models, "mine") == "mine:1"


def test_a_model_that_is_not_there_cannot_be_served(models: OllamaModels, brought: Deliver) -> None:
    brought("mine:1")
    with pytest.raises(InputError, match="mine:7: the server does not have it; there are: mine:1, mine:latest"):
        serve_again(models, "mine:7", "mine")


def test_a_model_that_answers_nothing_is_not_served(
    server: OllamaServer, models: OllamaModels, brought: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought("mine:1")
    create = OllamaModels.create

    def mute(self: OllamaModels, model: str, *options: object) -> None:
        create(self, model, *options)  # type: ignore[arg-type]
        server.models[model] = lambda *unused: " "

    monkeypatch.setattr(OllamaModels, "create", mute)
    with pytest.raises(DomainFtError, match="mine:2: answers nothing, so mine stays with what it stood for"):
        brought("mine:2")
    assert standing_for(models, "mine") == "mine:1"


def test_a_server_that_refuses_the_model_changes_nothing(
    server: OllamaServer, models: OllamaModels, brought: Deliver
) -> None:
    brought("mine:1")
    server.faults.refusing = 1
    with pytest.raises(GenerationError, match="the server refused: invalid file magic"):
        brought("mine:2")
    assert standing_for(models, "mine") == "mine:1"


def test_the_progress_tells_what_is_uploaded_made_and_asked(
    models: OllamaModels, packages: Callable[[WayName], Package], tmp_path: Path
) -> None:
    told: list[str] = []
    deliver(
        packages("gguf"), models, tag="mine:1", served="mine", question=ASKED, options=OPTIONS,
        progress=lambda step, done, total=None: told.append(step),
    )  # fmt: skip
    assert list(dict.fromkeys(told)) == [
        "upload mine.gguf", "create mine:1: writing manifest", "create mine:1: success", "ask mine:1",
    ]  # fmt: skip
