"""The model that a ranking asks: one of the domain's own, as an export or as it was trained, or a foreign one.

What each takes is imported when it is asked for: an export needs no torch.
"""

from pathlib import Path

from domain_ft.domain import EmbeddingDomain
from domain_ft.judge import embedding_caches
from domain_ft.prioritization.rank import Meaning
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft.store.vectors import NO_PREFIXES, Encode, Prefixes, cached_encode


def published_meaning(domain: EmbeddingDomain, home: Home, model: Path) -> Meaning:
    """It shares its cache with the benchmarks; the device is not waited for, for a ranking cannot wait."""
    from domain_ft.embedding.models import model_encoder
    from domain_ft.embedding.prefixes import published_prefixes
    from domain_ft.model_folders.digest import model_digest
    from domain_ft.store.digests import short

    manifest = read_manifest(model)
    length = int(manifest["settings"]["max_seq_length"])
    encode = model_encoder(
        model, device=domain.training.device, batch_size=domain.benchmark.batch_size, max_seq_length=length
    )
    return _meaning(home, encode, published_prefixes(manifest), f"{short(model_digest(model))}-{length}")


def foreign_meaning(domain: EmbeddingDomain, home: Home, name: str) -> Meaning:
    """A folder, `starter` or a hub id, with the domain's own length of texts."""
    from domain_ft.embedding.models import model_encoder, resolve_base_model
    from domain_ft.judge_orders import foreign_model
    from domain_ft.store.digests import short

    found, length = resolve_base_model(*foreign_model(name), home), domain.training.max_seq_length
    encode = model_encoder(
        found.path, device=domain.training.device, batch_size=domain.benchmark.batch_size, max_seq_length=length
    )
    return _meaning(home, encode, NO_PREFIXES, f"{short(found.sha256)}-{length}")


def exported_meaning(home: Home, folder: Path) -> Meaning:
    """An export has vectors of its own: its cache is named by its own digest."""
    from domain_ft.export.encoder import open_export
    from domain_ft.store.digests import sha256_json, short

    manifest = read_manifest(folder)
    name = f"{short(sha256_json(manifest['files']))}-{manifest['max_seq_length']}"
    prefixes = Prefixes(manifest["prefixes"]["query"], manifest["prefixes"]["passage"])
    return _meaning(home, open_export(folder, "onnx"), prefixes, name)


def _meaning(home: Home, encode: Encode, prefixes: Prefixes, cache: str) -> Meaning:
    """The change to come is not remembered: each comes once, and would leave a file behind."""
    remembered = cached_encode(encode, embedding_caches(home) / cache)
    return Meaning(
        encode_change=lambda text: encode([prefixes.query + text])[0],
        encode_changes=lambda texts: remembered([prefixes.query + text for text in texts]),
        encode_tests=lambda texts: remembered([prefixes.passage + text for text in texts]),
    )
