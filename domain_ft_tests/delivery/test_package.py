"""A package holds what Ollama takes, whichever way is open, and a Modelfile that fits it."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from domain_ft.delivery.package import MODELFILE, PAGE, package_model, read_package
from domain_ft.delivery.ways import WayName
from domain_ft.errors import InputError
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.store.publish import read_manifest, verify_folder, write_json
from domain_ft_tests.delivery.tiny_adapter import changed, cut_as_llama_3, make_tiny_adapter
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

OPTIONS = GenerationOptions(num_ctx=256)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cut_as_llama_3(make_tiny_causal(tmp_path_factory.mktemp("base") / "tiny"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_adapter(base, tmp_path_factory.mktemp("adapter") / "lora", target_modules=["v_proj", "up_proj"])


@pytest.mark.parametrize(
    ("way", "files", "adapters", "begins"),
    [
        ("adapter", {"config.json", "model.safetensors", "tokenizer.json"},
         {"adapter_config.json", "adapter_model.safetensors"}, "FROM ./model\nADAPTER ./adapter\n"),
        ("merged", {"config.json", "model.safetensors", "tokenizer.json"}, set(), "FROM ./model\nTEMPLATE"),
        ("gguf", {"mine.gguf"}, set(), "FROM ./model/mine.gguf\nTEMPLATE"),
        ("gguf_adapter", {"mine.gguf"}, {"mine-adapter.gguf"},
         "FROM ./model/mine.gguf\nADAPTER ./adapter/mine-adapter.gguf\n"),
        ("llama_cpp", set(), set(), "FROM ./model/mine.gguf\nTEMPLATE"),
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


def test_an_adapter_of_another_base_is_not_packaged(adapter: Path, tmp_path: Path) -> None:
    other = make_tiny_causal(tmp_path / "other", seed=7, heads=4, key_heads=2)
    with pytest.raises(InputError, match="other: is another base model"):
        package_model(other, adapter, tmp_path / "package", "mine", OPTIONS, "adapter")
    assert not (tmp_path / "package").exists()


def test_what_is_no_adapter_is_not_packaged(base: Path, adapter: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(adapter, tmp_path / "folder")
    write_json(folder / "manifest.json", {"kind": "triplets", "files": {}})
    with pytest.raises(InputError, match="folder: names no base model, so it is no adapter"):
        package_model(base, folder, tmp_path / "package", "mine", OPTIONS)


def test_without_a_way_the_first_open_one_is_gone(base: Path, adapter: Path, tmp_path: Path) -> None:
    assert package_model(base, adapter, tmp_path / "package", "mine", OPTIONS).way == "gguf"


def test_where_no_other_way_is_open_llama_cpp_is_to_convert_what_lies_in_the_package(tmp_path: Path) -> None:
    base = make_tiny_causal(tmp_path / "tiny")
    changed(base / "tokenizer.json", normalizer={"type": "NFC"})
    adapter = make_tiny_adapter(base, tmp_path / "lora")
    made = package_model(base, adapter, tmp_path / "a package", "mine", OPTIONS)
    assert made.way == "llama_cpp"
    assert made.command is not None
    program, script, model, *options = shlex.split(made.command)
    assert (program, script) == ("python", "convert_hf_to_gguf.py")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in Path(model).iterdir()}
    assert options == ["--outtype", "f16", "--outfile", str(made.path / "model" / "mine.gguf")]
    (made.path / "model" / "mine.gguf").write_bytes(b"GGUF")
    again = package_model(base, adapter, made.path, "mine", OPTIONS)
    assert (again.command, [path.name for path in again.files]) == (None, ["mine.gguf"])


def test_a_way_that_is_closed_is_refused_with_those_that_are_open(base: Path, tmp_path: Path) -> None:
    other = make_tiny_adapter(base, tmp_path / "other", use_dora=True)
    says = r"adapter: .*it was trained with use_dora, .*; open are: gguf, merged, llama_cpp"
    with pytest.raises(InputError, match=says):
        package_model(base, other, tmp_path / "package", "mine", OPTIONS, "adapter")
    assert not (tmp_path / "package").exists()


def test_an_adapter_to_which_no_way_is_open_is_refused(tmp_path: Path) -> None:
    base = make_tiny_causal(tmp_path / "tiny", tied=True)
    adapter = make_tiny_adapter(base, tmp_path / "lora", target_modules=["lm_head"])
    with pytest.raises(InputError, match=r"it changes lm_head, .*; open are: none"):
        package_model(base, adapter, tmp_path / "package", "mine", OPTIONS)


def test_a_package_that_was_altered_is_made_anew(base: Path, adapter: Path, tmp_path: Path) -> None:
    made = package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, "gguf")
    (made.path / MODELFILE).write_text("FROM ./other")
    package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, "gguf")
    assert (made.path / MODELFILE).read_text().startswith("FROM ./model/mine.gguf")


@pytest.mark.parametrize("way", ["adapter", "merged"])
def test_safetensors_say_positions_in_the_words_that_ollama_reads(tmp_path: Path, way: WayName) -> None:
    base = cut_as_llama_3(make_tiny_causal(tmp_path / "tiny"))
    changed(base / "config.json", rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 5e5})
    adapter = make_tiny_adapter(base, tmp_path / "lora", target_modules=["v_proj"])
    made = package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, way)
    config = json.loads((made.path / "model" / "config.json").read_bytes())
    assert (config["rope_theta"], config["rope_scaling"]) == (5e5, {"rope_type": "linear", "factor": 2.0})
    assert json.loads((made.path / "model" / "tokenizer_config.json").read_bytes())["add_bos_token"] is False


@pytest.mark.parametrize("demonstration", [True, False])
def test_the_page_names_version_base_and_where_its_settings_come_from(
    base: Path, tmp_path: Path, demonstration: bool
) -> None:
    adapter = make_tiny_adapter(base, tmp_path / "lora", demonstration=demonstration)
    made = package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, "gguf")
    page = (made.path / PAGE).read_text()
    assert f"Version lora, a LoRA adapter of tiny (sha256 {read_manifest(adapter)['base_sha256']})" in page
    assert "those of the benchmark (`benchmark.options`)" in page
    assert ("tiny is a demonstration model, and so is what was made of it: not for work." in page) == demonstration


def test_a_package_is_read_as_it_was_written(base: Path, adapter: Path, tmp_path: Path) -> None:
    made = package_model(base, adapter, tmp_path / "package", "mine", OPTIONS, "gguf")
    assert read_package(made.path) == made
    assert read_manifest(made.path)["kind"] == "ollama_package"
