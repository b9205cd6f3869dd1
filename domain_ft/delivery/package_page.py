"""The page of a package: what it holds, of which model, and how it is used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain_ft.delivery.llama_shape import converting_command
from domain_ft.delivery.ways import HANDED_OVER, WayName
from domain_ft.model_folders.demonstration import demonstration_note


def package_page(manifest: Mapping[str, Any], modelfile: str) -> str:
    """The README.md of a package, from its manifest's entries; paths are those in its folder."""
    way: WayName = manifest["way"]
    name = manifest["name"]
    note = demonstration_note(manifest)
    parts = [
        f"# {name} for Ollama",
        f"Version {manifest['version']}, a LoRA adapter of {manifest['base_model']} (sha256 "
        f"{manifest['base_sha256']}): {HANDED_OVER[way]}.",
        *([f"{note}."] if note else []),
        *_before(way, name),
        f"In this folder: `ollama create {name} -f {modelfile}`, then `ollama run {name}`.",
        *_elsewhere(way),
        "Template and the stop words of its turns are those of the training; temperature, seed, lengths and further "
        "stop words those of the benchmark (`benchmark.options`).",
    ]
    return "\n\n".join(parts) + "\n"


def _before(way: WayName, name: str) -> list[str]:
    if way != "llama_cpp":
        return []
    return [f"First, with llama.cpp: `{converting_command(Path('merged'), Path('model') / f'{name}.gguf')}`."]


def _elsewhere(way: WayName) -> list[str]:
    loaded = 'AutoModelForCausalLM.from_pretrained("{}")'
    if way == "adapter":
        return [f'With PEFT: `PeftModel.from_pretrained({loaded.format("model")}, "adapter")`.']
    folder = {"merged": "model", "llama_cpp": "merged"}.get(way)
    return [f"With transformers: `{loaded.format(folder)}`."] if folder else []
