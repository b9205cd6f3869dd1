"""A tuned model made ready for Ollama: a folder with its weights, a Modelfile and a page that says how to use it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.delivery.chat_form import form_of
from domain_ft.delivery.gguf_file import write_model
from domain_ft.delivery.merge import merge_adapter
from domain_ft.delivery.modelfile import go_template, modelfile, parameters
from domain_ft.delivery.preflight import Way, WayName, ways_to_ollama
from domain_ft.errors import InputError
from domain_ft.llm.chat_template import render_chat
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.store.publish import publish_folder, read_manifest, write_json

MODELFILE, REQUEST, PAGE = "Modelfile", "create.json", "README.md"
_MODEL, _ADAPTER = "model", "adapter"
_OF_MODEL = ("*.safetensors", "*.json", "tokenizer.model", "*.jinja")
_OF_ADAPTER = ("adapter_model.safetensors", "adapter_config.json")
_TRIED = ("The tests of the login page fail.", "title: A till for shops")


@dataclass(frozen=True)
class Package:
    """What is handed over: which way, and the files that go to the server."""

    path: Path
    way: WayName
    files: tuple[Path, ...]
    adapters: tuple[Path, ...]


def package_model(
    base: Path, adapter: Path, target: Path, name: str, options: GenerationOptions, way: WayName | None = None
) -> Package:
    """Publish what Ollama takes of a base and its adapter; without a `way` by the first one that is open.

    InputError where the way asked for is closed, or is llama.cpp's, whose command it names.
    """
    chosen = choose_way(ways_to_ollama(base, adapter), way)
    publish_folder(target, lambda folder: _write(folder, base, adapter, chosen, name, options))
    return read_package(target)


def choose_way(ways: Sequence[Way], asked: WayName | None) -> WayName:
    """The way that is asked for, or the first that is open; InputError says why not, and what is open."""
    own = [way for way in ways if way.name != "llama_cpp"]
    if asked == "llama_cpp" or (asked is None and not any(way.open for way in own)):
        raise InputError(f"only llama.cpp leads there: {ways[-1].what}")
    found = next(way for way in own if (way.open if asked is None else way.name == asked))
    if not found.open:
        others = ", ".join(way.name for way in own if way.open) or "none; use llama.cpp"
        raise InputError(f"{found.name}: {'; '.join(found.closed)}; open are: {others}")
    return found.name


def read_package(folder: Path) -> Package:
    """A published package."""

    def files(part: str) -> tuple[Path, ...]:
        return tuple(sorted(path for path in (folder / part).glob("*") if path.is_file()))

    return Package(folder, read_manifest(folder)["way"], files(_MODEL), files(_ADAPTER))


def _write(
    folder: Path, base: Path, adapter: Path, way: WayName, name: str, options: GenerationOptions
) -> dict[str, Any]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(adapter), local_files_only=True, trust_remote_code=False)
    form = form_of(lambda messages, asks: render_chat(tokenizer, messages, asks=asks), name)
    model = folder / _MODEL
    if way == "adapter":
        _copy(base, model, _OF_MODEL)
        _copy(adapter, folder / _ADAPTER, _OF_ADAPTER)
    else:
        whole = model if way == "merged" else folder / "whole"
        merge_adapter(base, adapter, whole, _TRIED)
        if way == "gguf":
            model.mkdir()
            write_model(whole, model / f"{name}.gguf", name)
            shutil.rmtree(whole)
    template, settings = go_template(form), parameters(form, options)
    weights = f"./{_MODEL}/{name}.gguf" if way == "gguf" else f"./{_MODEL}"
    text = modelfile(weights, template, settings, f"./{_ADAPTER}" if way == "adapter" else None)
    (folder / MODELFILE).write_text(text, encoding="utf-8")
    write_json(folder / REQUEST, {"template": template, "parameters": settings})
    (folder / PAGE).write_text(_page(name, way), encoding="utf-8")
    return {"kind": "ollama_package", "way": way, "name": name, "base": base.name, "adapter": adapter.name}


def _copy(source: Path, target: Path, patterns: Sequence[str]) -> None:
    target.mkdir()
    for path in sorted({path for pattern in patterns for path in source.glob(pattern)}):
        shutil.copyfile(path, target / path.name)


def _page(name: str, way: WayName) -> str:
    whole = {
        "merged": f'\n\nWith transformers: `AutoModelForCausalLM.from_pretrained("{_MODEL}")`.',
        "adapter": f'\n\nWith PEFT: `PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("{_MODEL}"), '
        f'"{_ADAPTER}")`.',
    }
    return (
        f"# {name} for Ollama\n\nIn this folder: `ollama create {name} -f {MODELFILE}`, then `ollama run {name}`."
        f"{whole.get(way, '')}\n\nTemplate, stop words and settings are those of the training.\n"
    )
