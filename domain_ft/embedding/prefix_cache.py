"""What frozen layers make of each training text, computed once: after that only the layers above them run.

The frozen layers have no dropout, so they give a text the same hidden states in each epoch. These are computed
before the first step, kept on disk under a name that says all they depend on, and taken from there by the layers
that learn. Losses and gradients are those of the whole model, to the rounding of another order of sums. Where the
disk has no room, or an architecture cannot be divided, the whole model runs, and a sentence says so.
"""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch
import transformers
from torch import Tensor, distributed, nn

from domain_ft.amounts import counted, gigabytes
from domain_ft.embedding.frozen_prefix import DividedEncoder
from domain_ft.embedding.job import PREFIX_NOTE, EmbeddingJob
from domain_ft.embedding.length_groups import GroupCost, group_sizes
from domain_ft.embedding.prefix_states import PrefixStates, room_sentence, write_states
from domain_ft.embedding.token_rows import Features, Row, join_rows, rows_of
from domain_ft.errors import DomainFtError
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, is_sound, write_json
from domain_ft.training.stop import StopRequest, TrainingStoppedError

if TYPE_CHECKING:
    from domain_ft.embedding.trainer import EmbeddingTrainer

_CODE_VERSION = 1
_CHUNK = 256


@dataclass(frozen=True)
class PrefixUse:
    """Whether a training with frozen layers takes their output from a cache, and what that took."""

    used: bool
    sentence: str
    texts: int = 0
    size_bytes: int = 0
    seconds: float = 0.0
    """Spent on making it ready in this attempt."""

    def values(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)


class UpperHalf(nn.Module):
    """Stands where a loss expects its model: starts above the frozen layers with texts whose states are known."""

    def __init__(self, model: nn.Module, divided: DividedEncoder) -> None:
        super().__init__()
        self.model = model
        self.divided = divided
        self.states: PrefixStates | None = None

    def forward(self, features: Features, **options: Any) -> Features:
        """Encode a padded batch; all of it by the whole model where one text of it is new."""
        digests = [row.digest for row in rows_of(features)]
        if self.states is None or not all(digest in self.states for digest in digests):
            return self.model(features, **options)  # type: ignore[no-any-return]
        hidden = self.states.of(digests).to(features["input_ids"].device)
        with self.divided.starting_from(hidden):
            return self.model(features, **options)  # type: ignore[no-any-return]


def fill_prefix_cache(
    upper: UpperHalf,
    trainer: "EmbeddingTrainer",
    job: EmbeddingJob,
    cost: GroupCost,
    stop: StopRequest,
    mined: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> PrefixUse:
    """Give the upper half the states of all training texts: from disk, else computed now.

    `mined` are texts that may come into a column later on.

    Of several processes the first one computes, and the others wait for it.
    """
    start = time.perf_counter()
    rows = distinct_rows(trainer, mined)
    layers, device = int(job.settings["freeze_layers"]), trainer.args.device.type
    folder = Home(job.home).frozen_prefixes(job.domain) / _name(job, device, rows)
    leads = os.environ.get("RANK", "0") == "0"
    refused = _make(folder, upper, rows, job, device, cost, stop) if leads else None
    if distributed.is_initialized():
        distributed.barrier()
    if not is_published(folder):
        return unused(layers, refused or "it could not be written")
    upper.states = PrefixStates(folder)
    size = sum(path.stat().st_size for path in folder.iterdir())
    seconds = time.perf_counter() - start
    sentence = (
        f"the output of {counted(layers, 'frozen layers')} is computed once for each of {len(rows):,} texts and kept "
        f"on disk ({gigabytes(size)}); only the layers above run in a step"
    )
    return PrefixUse(True, sentence, len(rows), size, round(seconds, 3))


def unused(layers: int, why: str) -> PrefixUse:
    """What is said where the frozen layers run in every step."""
    frozen = counted(layers, "frozen layers")
    return PrefixUse(False, f"the output of {frozen} is computed in every step, without a cache: {why}")


def distinct_rows(trainer: "EmbeddingTrainer", mined: Mapping[str, Sequence[str]] = MappingProxyType({})) -> list[Row]:
    """The distinct texts of the training data as the loss gets to see their tokens, the shortest first."""
    found: dict[bytes, Row] = {}
    data = trainer.train_dataset
    for name, column in (*mined.items(), *((name, data[name]) for name in data.column_names)):
        texts = [text for text in dict.fromkeys(column) if isinstance(text, str)]
        for begin in range(0, len(texts), _CHUNK):
            inputs = trainer.data_collator.tokenized(name, texts[begin : begin + _CHUNK])
            for features in trainer.collect_features(inputs)[0]:
                found |= {row.digest: row for row in rows_of(features)}
    return sorted(found.values(), key=lambda row: (row.length, row.digest))


def _make(
    folder: Path,
    upper: UpperHalf,
    rows: Sequence[Row],
    job: EmbeddingJob,
    device: str,
    cost: GroupCost,
    stop: StopRequest,
) -> str | None:
    """Publish the states, unless they are there; returns why that cannot be."""
    job.work.mkdir(parents=True, exist_ok=True)
    write_json(job.work / PREFIX_NOTE, {"cache": folder.name})
    if is_sound(folder):
        os.utime(folder)
        return None
    with torch.no_grad(), torch.autocast(device, **_autocast(job.precision)):
        sample = upper.divided.lower(_on(device, join_rows(rows[:1], padding=0)))
    size, dtype = sample.shape[-1], sample.dtype
    needed = sum(row.length for row in rows) * size * dtype.itemsize
    no_room = room_sentence(folder.parent, needed)
    if no_room:
        return no_room
    about = {"base_sha256": job.base.sha256, "layers": job.settings["freeze_layers"], "precision": job.precision}
    try:
        write_states(
            folder, _states(upper.divided, rows, job.precision, device, cost, stop), size=size, dtype=dtype, about=about
        )
    except DomainFtError as error:
        if isinstance(error, TrainingStoppedError):
            raise
        shutil.rmtree(folder, ignore_errors=True)
        return str(error)
    return None


def _states(
    divided: DividedEncoder, rows: Sequence[Row], precision: str, device: str, cost: GroupCost, stop: StopRequest
) -> Iterator[tuple[bytes, Tensor]]:
    """The hidden states of each text, computed in groups of like length."""
    begin = 0
    for count in _sizes(rows, cost):
        if stop.asked:
            raise TrainingStoppedError(
                f"stopped before the first step ({stop.reason}), in the frozen layers; the same command starts anew"
            )
        group = rows[begin : begin + count]
        begin += count
        with torch.no_grad(), torch.autocast(device, **_autocast(precision)):
            hidden = divided.lower(_on(device, join_rows(group, padding=0)))
        for row, states in zip(group, hidden, strict=True):
            yield row.digest, states[: row.length]


def _sizes(rows: Sequence[Row], cost: GroupCost) -> Iterator[int]:
    """Sizes of groups, planned for some thousand texts at a time."""
    for begin in range(0, len(rows), 4 * _CHUNK):
        yield from group_sizes([row.length for row in rows[begin : begin + 4 * _CHUNK]], cost)


def _name(job: EmbeddingJob, device: str, rows: Sequence[Row]) -> str:
    """All that the states depend on: tokens, weights (with the tokenizer), depth, length, precision, library."""
    return short(
        sha256_json({
            "rows": [row.digest.hex() for row in rows],
            "base": job.base.sha256,
            "layers": job.settings["freeze_layers"],
            "max_seq_length": job.settings["max_seq_length"],
            "precision": job.precision,
            "device": device,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "code": _CODE_VERSION,
        })
    )  # fmt: skip


def _autocast(precision: str) -> Mapping[str, Any]:
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return {"dtype": types[precision]} if precision in types else {"enabled": False}


def _on(device: str, features: Features) -> Features:
    return {name: value.to(device) if isinstance(value, Tensor) else value for name, value in features.items()}
