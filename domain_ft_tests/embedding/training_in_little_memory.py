"""The training process on a device whose memory holds four rows of a batch: `python -m training_in_little_memory`."""

import sys
from typing import Any

import torch

from domain_ft.embedding.train import PROCESS
from domain_ft.embedding.trainer import EmbeddingTrainer

ROWS = 4
_step = EmbeddingTrainer.training_step


def step(trainer: EmbeddingTrainer, model: Any, inputs: Any, *rest: Any) -> torch.Tensor:
    """A step that runs out of memory as torch does."""
    if any(len(value) > ROWS for value in inputs.values() if isinstance(value, torch.Tensor) and value.ndim):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
    return _step(trainer, model, inputs, *rest)


if __name__ == "__main__":
    EmbeddingTrainer.training_step = step
    sys.exit(PROCESS.main(sys.argv[1:]))
