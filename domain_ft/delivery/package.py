"""A tuned model made ready for Ollama: a folder with its weights, a Modelfile and a page that says how to use it."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.adapter.load import check_base
from domain_ft.delivery.chat_form import form_of
from domain_ft.delivery.gguf_file import write_adapter, write_model
from domain_ft.delivery.llama_shape import converting_command
from domain_ft.delivery.merge import merge_adapter
from domain_ft.delivery.modelfile import go_template, modelfile, parameters
from domain_ft.delivery.older_folder import as_older_programs_read
from domain_ft.delivery.package_page import package_page
from domain_ft.delivery.preflight import ways_to_ollama
from domain_ft.delivery.ways import Way, WayName
from domain_ft.errors import InputError
from domain_ft.llm.causal import load_tokenizer
from domain_ft.llm.chat_template import render_chat
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.store.publish import is_sound, publish_folder, read_manifest, write_json

MODELFILE, REQUEST, PAGE = "Modelfile", "create.json", "README.md"
PACKAGE_CODE_VERSION = 2
"""Raised whenever a package of the same model would be written otherwise."""
_MODEL, _ADAPTER, _MERGED = "model", "adapter", "merged"
_OF_MODEL = ("*.safetensors", "*.json", "tokenizer.model", "*.jinja")
_OF_ADAPTER = ("adapter_model.safetensors", "adapter_config.json")
_NOT_OF_MODEL = ("manifest.json",)
_TRIED = ("The tests of the login page fail.", "title: A till for shops")


@dataclass(frozen=True)
class Package:
    """What is handed over: which way, and the files that go to the server."""

    path: Path
    way: WayName
    files: tuple[Path, ...]
    """None of them where llama.cpp has to make them first."""
    adapters: tuple[Path, ...]

    @property
    def command(self) -> str | None:
        """What makes the files, in a checkout of llama.cpp; None where they are there."""
        if self.files:
            return None
        name = read_manifest(self.path)["name"]
        return converting_command(self.path / _MERGED, self.path / _MODEL / f"{name}.gguf")


def package_model(
    base: Path, adapter: Path, target: Path, name: str, options: GenerationOptions, way: WayName | None = None
) -> Package:
    """Publish what Ollama takes of a base and its adapter; without a `way` by the first one that is open.

    A package that was altered since is made anew. InputError where the way asked for is closed, or where the adapter
    was made for another base.
    """
    check_base(adapter, base)
    chosen = choose_way(ways_to_ollama(base, adapter), way)
    if not is_sound(target):
        publish_folder(target, lambda folder: _write(folder, base, adapter, chosen, name, options))
    return read_package(target)


def choose_way(ways: Sequence[Way], asked: WayName | None) -> WayName:
    """The way that is asked for, or the first that is open; InputError says why not, and what is open."""
    found = next((way for way in ways if (way.open if asked is None else way.name == asked)), ways[-1])
    if not found.open:
        others = ", ".join(way.name for way in ways if way.open) or "none"
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
    tokenizer = load_tokenizer(adapter)
    form = form_of(lambda messages, asks: render_chat(tokenizer, messages, asks=asks, source=adapter), name)
    weights, apart = _write_weights(folder, base, adapter, way, name)
    template, settings = go_template(form), parameters(form, options)
    (folder / MODELFILE).write_text(modelfile(weights, template, settings, apart), encoding="utf-8")
    write_json(folder / REQUEST, {"template": template, "parameters": settings})
    of_adapter = read_manifest(adapter)
    manifest: Mapping[str, Any] = {
        "kind": "ollama_package",
        "way": way,
        "name": name,
        "version": adapter.name,
        "base_model": of_adapter["base_model"],
        "base_sha256": of_adapter["base_sha256"],
        "demonstration": bool(of_adapter.get("demonstration")),
        "packaging_code_version": PACKAGE_CODE_VERSION,
    }
    (folder / PAGE).write_text(package_page(manifest, MODELFILE), encoding="utf-8")
    return dict(manifest)


def _write_weights(folder: Path, base: Path, adapter: Path, way: WayName, name: str) -> tuple[str, str | None]:
    """Write the files of a way; what a Modelfile calls the model, and the adapter where that stays apart."""
    model, apart = folder / _MODEL, folder / _ADAPTER
    model.mkdir()
    file, pairs = model / f"{name}.gguf", apart / f"{name}-adapter.gguf"
    if way == "adapter":
        _copy(base, model, _OF_MODEL)
        as_older_programs_read(model)
        apart.mkdir()
        _copy(adapter, apart, _OF_ADAPTER)
        return f"./{_MODEL}", f"./{_ADAPTER}"
    if way == "gguf_adapter":
        write_model(base, file, name)
        write_adapter(adapter, base, pairs, name)
        return f"./{_MODEL}/{file.name}", f"./{_ADAPTER}/{pairs.name}"
    whole = model if way == "merged" else folder / _MERGED
    merge_adapter(base, adapter, whole, _TRIED)
    _copy(base, whole, ("tokenizer.model",))
    if way == "merged":
        as_older_programs_read(model)
        return f"./{_MODEL}", None
    if way == "gguf":
        write_model(whole, file, name)
        shutil.rmtree(whole)
    return f"./{_MODEL}/{file.name}", None


def _copy(source: Path, target: Path, patterns: Sequence[str]) -> None:
    for path in sorted({path for pattern in patterns for path in source.glob(pattern)}):
        if path.name not in _NOT_OF_MODEL:
            shutil.copyfile(path, target / path.name)
