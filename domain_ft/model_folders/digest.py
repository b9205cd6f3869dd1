"""What tells a model from another: the digest of all that it computes with."""

from pathlib import Path

from domain_ft.store.digests import sha256_file, sha256_json
from domain_ft.store.publish import is_published, read_manifest

_CONTENT = (".safetensors", ".json", ".txt", ".model", ".jinja")
_NOT_CONTENT = ("manifest.json", "training_log.jsonl")


def model_digest(folder: Path) -> str:
    """The sha256 of what a model computes with: weights, tokenizer, configuration; not its card, nor its logs."""
    if is_published(folder):
        files = {name: digest for name, digest in read_manifest(folder)["files"].items() if _is_content(name)}
    else:
        names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        files = {name: sha256_file(folder / name) for name in names if _is_content(name)}
    return sha256_json(files)


def _is_content(name: str) -> bool:
    return name.endswith(_CONTENT) and name not in _NOT_CONTENT
