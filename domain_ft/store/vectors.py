"""Embeddings computed once: a cache keyed by the model's digest and each text's digest, so that models never mix."""

import hashlib
import uuid
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
Encode: TypeAlias = Callable[[Sequence[str]], FloatArray]
"""Texts (n) to unit-length embeddings (n, dimension), float32."""


@dataclass(frozen=True)
class Prefixes:
    """What stands before a text when it is encoded: before what is asked, and before what is found."""

    query: str = ""
    passage: str = ""


NO_PREFIXES = Prefixes()


class Embedder(Protocol):
    """A model with its prefixes: what is asked and what is found, to unit-length embeddings of one space."""

    def encode_query(self, text: str) -> FloatArray:
        """The embedding (d) of what is asked, computed anew."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Embeddings (n, d) of what is asked, remembered."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        """Embeddings (n, d) of what is found, remembered."""
        ...


def cached_encode(encode: Encode, folder: Path) -> Encode:
    """An `encode` that remembers, in `folder`, what it has computed; each distinct text is encoded once.

    `folder` belongs to one model at one precision: name it by their digest. Shards are written whole or not at
    all; an unreadable one is passed over, and its texts are computed again.
    """
    known: dict[bytes, FloatArray] = {}
    loaded: set[Path] = set()

    def load() -> None:
        for shard in sorted(set(folder.glob("*.npz")) - loaded):
            loaded.add(shard)
            try:
                with np.load(shard, allow_pickle=False) as content:
                    keys, vectors = content["keys"], content["vectors"]
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                continue
            known.update(zip((key.tobytes() for key in keys), vectors, strict=True))

    def encode_cached(texts: Sequence[str]) -> FloatArray:
        load()
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            vectors = np.asarray(encode(list(missing.values())), dtype=np.float32)
            loaded.add(_write_shard(folder, list(missing), vectors))
            known.update(zip(missing, vectors, strict=True))
        return np.stack([known[key] for key in keys]) if keys else np.empty((0, 0), dtype=np.float32)

    return encode_cached


def _write_shard(folder: Path, keys: list[bytes], vectors: FloatArray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shard = folder / f"{uuid.uuid4().hex}.npz"
    beside = shard.with_suffix(".tmp")
    with beside.open("wb") as file:
        np.savez(file, keys=np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, 32), vectors=vectors)
    beside.replace(shard)
    return shard
