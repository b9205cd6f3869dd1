"""Hidden states of texts on disk: one ragged file, mapped into memory, in a folder that is whole or not there.

The rows of a text stand one after the other without padding, and are found by the digest of its tokens.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from domain_ft.amounts import gigabytes
from domain_ft.embedding.frozen_prefix import padded
from domain_ft.store.publish import publish_folder, read_manifest

KIND = "frozen_prefix"
SPARE_BYTES = 2**30
"""Left free on the disk for the training itself: its checkpoints, and the model."""
_STATES, _DIGESTS, _LENGTHS = "states.bin", "digests.npy", "lengths.npy"
_DIGEST_BYTES = 16


class PrefixStates:
    """The hidden states in a published folder."""

    def __init__(self, folder: Path) -> None:
        manifest = read_manifest(folder)
        lengths = np.load(folder / _LENGTHS).tolist()
        digests = [digest.tobytes() for digest in np.load(folder / _DIGESTS)]
        self._size = int(manifest["size"])
        ends = np.cumsum(lengths).tolist()
        self._places = {digest: (end - n, end) for digest, end, n in zip(digests, ends, lengths, strict=True)}
        dtype = getattr(torch, manifest["dtype"])
        numbers = sum(lengths) * self._size
        self._states = torch.from_file(str(folder / _STATES), shared=False, size=numbers, dtype=dtype)

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._places

    def __len__(self) -> int:
        return len(self._places)

    def of(self, digests: Sequence[bytes]) -> Tensor:
        """The hidden states of some texts (rows, tokens, size), zeros at the end of shorter ones."""
        return padded([self._one(*self._places[digest]) for digest in digests])

    def _one(self, begin: int, end: int) -> Tensor:
        return self._states[begin * self._size : end * self._size].view(end - begin, self._size)


def write_states(
    folder: Path, rows: Iterable[tuple[bytes, Tensor]], *, size: int, dtype: torch.dtype, about: Mapping[str, Any]
) -> None:
    """Publish hidden states, (tokens, size) for each digest; DomainFtError where the disk refuses them."""

    def write(beside: Path) -> dict[str, Any]:
        digests, lengths = [], []
        with (beside / _STATES).open("wb") as file:
            for digest, states in rows:
                file.write(states.detach().cpu().contiguous().view(torch.uint8).numpy().data)
                digests.append(digest)
                lengths.append(len(states))
        np.save(beside / _DIGESTS, np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, _DIGEST_BYTES))
        np.save(beside / _LENGTHS, np.asarray(lengths, dtype=np.int64))
        named = str(dtype).removeprefix("torch.")
        return {"kind": KIND, **about, "size": size, "dtype": named, "texts": len(digests), "tokens": sum(lengths)}

    publish_folder(folder, write)


def room_sentence(parent: Path, needed: int) -> str | None:
    """Why so many bytes do not go there, or None where they do."""
    standing = next(path for path in (parent, *parent.parents) if path.exists())
    free = shutil.disk_usage(standing).free
    if free >= needed + SPARE_BYTES:
        return None
    return (
        f"{gigabytes(needed)} and {gigabytes(SPARE_BYTES)} to spare are needed on the disk, {gigabytes(free)} are free"
    )
