"""A published adapter on its base model, as a generator of answers."""

from pathlib import Path

from domain_ft.adapter.load import WEIGHTS, check_base, load_adapter
from domain_ft.llm.causal import load_tokenizer
from domain_ft.llm.local import LocalGenerator
from domain_ft.store.digests import sha256_json
from domain_ft.store.publish import read_manifest
from domain_ft.training.device import prepare_threads, resolve_device

_COMPUTED = (".safetensors", "adapter_config.json", "tokenizer.json", ".jinja", "tokenizer_config.json")
"""Files of an adapter's folder that its answers depend on."""


def load_tuned_generator(adapter: Path, base: Path, device: str = "auto") -> LocalGenerator:
    """The base with an adapter on it, computed at 32 bits whatever it was trained at, under the adapter's version.

    InputError where the base is not the one that the adapter was made for, or the adapter is not whole.
    """
    prepare_threads()
    check_base(adapter, base)
    model = load_adapter(adapter, base, device=resolve_device(device))
    size = (adapter / WEIGHTS).stat().st_size
    name = read_manifest(adapter)["version"]
    return LocalGenerator(model, load_tokenizer(adapter), name, tuned_digest(adapter), size)


def tuned_digest(adapter: Path) -> str:
    """The sha256 of what base and adapter compute with, without loading either."""
    manifest = read_manifest(adapter)
    files = {name: digest for name, digest in manifest["files"].items() if name.endswith(_COMPUTED)}
    return sha256_json([manifest["base_sha256"], files])
