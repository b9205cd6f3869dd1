"""A package holds what Ollama takes, whichever way is open, and a Modelfile that fits it."""

from pathlib import Path

import pytest

from domain_ft.delivery.package import MODELFILE, package_model, read_package
from domain_ft.delivery.preflight import WayName
from domain_ft.errors import InputError
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.store.publish import read_manifest, verify_folder
from domain_ft_tests.delivery.tiny_adapter import make_tiny_adapter
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

OPTIONS = GenerationOptions(num_ctx=256)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_causal(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_adapter(base, tmp_path_factory.mktemp("adapter") / "lora")


@pytest.mark.parametrize(
    ("way", "files", "adapters", "begins"),
    [
        ("adapter", {"config.json", "model.safetensors", "tokenizer.json"},
         {"adapter_config.json", "adapter_model.safetensors"}, "FROM ./model\nADAPTER ./adapter\n"),
        ("merged", {"config.json", "model.safetensors", "tokenizer.json"}, set(), "FROM ./model\nTEMPLATE"),
        ("gguf", {"mine.gguf"}, set(), "FROM ./model/mine.gguf\nTEMPLATE"),
    ],
)  # fmt: skip
def test_a_package_holds_what_its_way_takes(
    base: Path, adapter: Path, tmp_path: Path, way: WayName, files: set[str], adapters: set[str], begins: str
) -> None:
    found = package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, way)
    assert files <= {path.name for path in found.files}
    assert {path.name for path in found.adapters} == adapters
    assert (found.path / MODELFILE).read_text().startswith(begins)
    assert "PARAMETER num_ctx 256" in (found.path / MODELFILE).read_text()
    verify_folder(found.path)


def test_without_a_way_the_first_open_one_is_gone(base: Path, tmp_path: Path) -> None:
    other = make_tiny_adapter(base, tmp_path / "other", use_rslora=True)
    assert package_model(base, other, tmp_path / "package", "mine", OPTIONS).way == "merged"


def test_a_way_that_is_closed_is_refused_with_those_that_are_open(base: Path, tmp_path: Path) -> None:
    other = make_tiny_adapter(base, tmp_path / "other", use_dora=True)
    with pytest.raises(InputError, match=r"adapter: it was trained with use_dora, .*; open are: merged, gguf"):
        package_model(base, other, tmp_path / "package", "mine", OPTIONS, "adapter")
    assert not (tmp_path / "package").exists()


def test_the_way_of_llama_cpp_is_a_command(base: Path, adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"only llama\.cpp leads there: .*convert_hf_to_gguf\.py"):
        package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, "llama_cpp")


def test_a_package_is_read_as_it_was_written(base: Path, adapter: Path, tmp_path: Path) -> None:
    made = package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, "gguf")
    assert read_package(made.path) == made
    assert read_manifest(made.path)["kind"] == "ollama_package"
