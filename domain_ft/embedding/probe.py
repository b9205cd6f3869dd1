"""A forward and backward pass before the training starts: what it will cost, and which parameters it reaches.

No optimizer takes part, so the weights stay as they are; the caller seeds the random numbers afterwards.
"""

import resource
import time
from typing import TYPE_CHECKING

import torch

from domain_ft.embedding.collate import LABEL
from domain_ft.embedding.models import encode_texts
from domain_ft.training.estimate import Probe

if TYPE_CHECKING:
    from domain_ft.embedding.trainer import EmbeddingTrainer


class NothingToTrainError(Exception):
    """No parameter that the loss depends on is trained."""


_TRIES = 2
"""The first one also pays for memory and kernels."""


def probe_training(trainer: "EmbeddingTrainer", batch: list[int]) -> Probe:
    """Time one batch, the better of two tries, and its encoding; gradients are left in place for `freeze_unreached`."""
    on_gpu = trainer.args.device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    seconds = min(_forward_backward(trainer, batch) for _ in range(_TRIES))
    peak = torch.cuda.max_memory_allocated() if on_gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rate = _encoding_rate(trainer, batch)
    return Probe(rows=len(batch), step_seconds=seconds, texts_per_second=rate, peak_bytes=peak)


def _forward_backward(trainer: "EmbeddingTrainer", rows: list[int]) -> float:
    """Seconds of one batch."""
    start = time.perf_counter()
    inputs = trainer.data_collator([trainer.train_dataset[row] for row in rows])
    trainer.model.train()
    with trainer.compute_loss_context_manager():
        loss = trainer.compute_loss(trainer.model, trainer._prepare_inputs(inputs))
    if loss.requires_grad:
        loss.backward()
    if all(parameter.grad is None for parameter in trainer.model.parameters()):
        raise NothingToTrainError
    if trainer.args.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _encoding_rate(trainer: "EmbeddingTrainer", rows: list[int]) -> float:
    """Texts per second of an evaluation, which runs the whole model, its frozen layers too."""
    examples = [trainer.train_dataset[row] for row in rows]
    texts = [text for row in examples for name, text in row.items() if name != LABEL and text is not None]
    start = time.perf_counter()
    encode_texts(trainer.model, texts)
    return len(texts) / (time.perf_counter() - start)
