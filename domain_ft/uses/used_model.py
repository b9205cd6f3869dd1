"""The model that a domain is served by, ready to encode: its champion, or before there is one the base model that its
training begins with; a named version, a foreign model, or an export.

What each takes is imported when it is asked for: an export needs no torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from domain_ft.domain import EmbeddingDomain
from domain_ft.judge import champion_folder, model_cache
from domain_ft.progress import Progress, silent
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft.store.vectors import NO_PREFIXES, Encode, FloatArray, Prefixes, cached_encode
from domain_ft.training.lease import leased_encode


@dataclass(frozen=True)
class UsedModel:
    """A model with all that its embeddings depend on."""

    name: str
    """The version of a published model; a base model's own name."""
    cache: Path
    """Where its embeddings are remembered; the name says by which weights, and up to how many tokens of a text."""
    path: Path
    kind: Literal["champion", "version", "base", "foreign", "export"]
    prefixes: Prefixes
    encode: Encode
    """Texts as they are (n) to unit-length embeddings (n, d), each time anew."""
    max_seq_length: int
    """Tokens of a text that it reads; what follows them has no part in the embedding."""
    note: str | None = None
    """What a person should know of the choice."""

    def encode_query(self, text: str) -> FloatArray:
        """The embedding (d) of what is asked, with the model's prefix; not remembered, for each comes once."""
        own: FloatArray = self.encode([self.prefixes.query + text])[0]
        return own

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Embeddings (n, d) of what is asked, remembered."""
        return self._remembered([self.prefixes.query + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        """Embeddings (n, d) of what is found, remembered."""
        return self._remembered([self.prefixes.passage + text for text in texts])

    @property
    def identity(self) -> str:
        """12 hex digits: equal where equal queries and passages have equal embeddings."""
        return short(sha256_json([self.cache.name, self.prefixes.query, self.prefixes.passage]))

    @cached_property
    def _remembered(self) -> Encode:
        return cached_encode(self.encode, self.cache)


@dataclass(frozen=True)
class Device:
    """How the device is had: with `does`, which tells others what for, it is waited for; else it is shared."""

    does: str | None = None
    progress: Progress = silent


AT_ONCE = Device()
HOW_IT_ENCODES = ("training.device", "benchmark.batch_size")
OF_THE_BASE = tuple(
    f"training.{name}"
    for name in ("base_model", "base_revision", "max_seq_length", "prefixes", "query_prefix", "passage_prefix")
)
"""The settings that a base model is asked with; a published model has its own, in its manifest."""


def used_settings(domain: EmbeddingDomain, home: Home) -> tuple[str, ...]:
    """The settings that `model_in_use` depends on; no other one changes an embedding."""
    return HOW_IT_ENCODES if champion_folder(home, domain.name) is not None else (*HOW_IT_ENCODES, *OF_THE_BASE)


def model_in_use(domain: EmbeddingDomain, home: Home, device: Device = AT_ONCE) -> UsedModel:
    """The champion; before there is one the base model, with a note that says so."""
    champion = champion_folder(home, domain.name)
    if champion is not None:
        return published_model(domain, home, champion, device)
    base = base_model(domain, home, device)
    return replace(base, note=f"{domain.name} has no champion yet: its base model {base.name} is used")


def base_model(domain: EmbeddingDomain, home: Home, device: Device = AT_ONCE) -> UsedModel:
    """The model that the domain's training begins with, with the prefixes that it begins with."""
    from domain_ft.embedding.prefixes import resolve_prefixes

    training = domain.training
    base = foreign_model(domain, home, training.base_model, training.base_revision, device)
    return replace(base, kind="base", prefixes=resolve_prefixes(training, base.name, base.path))


def published_model(domain: EmbeddingDomain, home: Home, folder: Path, device: Device = AT_ONCE) -> UsedModel:
    """A version of the domain's own; it shares its embeddings with the benchmarks."""
    from domain_ft.embedding.prefixes import published_prefixes
    from domain_ft.model_folders.digest import model_digest

    manifest, champion = read_manifest(folder), champion_folder(home, domain.name)
    length = int(manifest["settings"]["max_seq_length"])
    return UsedModel(
        name=manifest["version"],
        path=folder,
        kind="champion" if champion is not None and champion.name == folder.name else "version",
        prefixes=published_prefixes(manifest),
        encode=_encoder(domain, home, folder, length, device),
        cache=model_cache(home, model_digest(folder), length),
        max_seq_length=length,
    )


def foreign_model(
    domain: EmbeddingDomain, home: Home, name: str, revision: str | None = None, device: Device = AT_ONCE
) -> UsedModel:
    """A folder, `starter` or a hub id, with the domain's own length of texts and no prefixes."""
    from domain_ft.embedding.models import resolve_base_model

    found, length = resolve_base_model(name, revision, home), domain.training.max_seq_length
    return UsedModel(
        name=found.name,
        path=found.path,
        kind="foreign",
        prefixes=NO_PREFIXES,
        encode=_encoder(domain, home, found.path, length, device),
        cache=model_cache(home, found.sha256, length),
        max_seq_length=length,
    )


def exported_model(home: Home, folder: Path) -> UsedModel:
    """An export for ONNX Runtime: its numbers are not those of the model that it was made from, so it has a cache of
    its own."""
    from domain_ft.export.encoder import open_export

    manifest = read_manifest(folder)
    return UsedModel(
        name=folder.name,
        path=folder,
        kind="export",
        prefixes=Prefixes(manifest["prefixes"]["query"], manifest["prefixes"]["passage"]),
        encode=open_export(folder, "onnx"),
        cache=model_cache(home, sha256_json(manifest["files"]), manifest["max_seq_length"]),
        max_seq_length=manifest["max_seq_length"],
    )


def _encoder(domain: EmbeddingDomain, home: Home, folder: Path, length: int, device: Device) -> Encode:
    from domain_ft.embedding.models import model_encoder

    name = domain.training.device
    encode = model_encoder(folder, device=name, batch_size=domain.benchmark.batch_size, max_seq_length=length)
    if device.does is None:
        return encode
    return leased_encode(encode, home, name, device.does, on_wait=lambda sentence: device.progress(sentence, 0))
