"""A forward and backward pass before the training starts: whether it can be done, and what it will cost.

One row comes first, so that a batch that does not fit is refused before it is tried. No optimizer takes part, so the
weights stay as they are; the caller seeds the random numbers afterwards.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
import torch

from domain_ft.adapter.generate import AT_ONCE, generate_answers
from domain_ft.adapter.rows import Row, Rows
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.task import RequirementsTask
from domain_ft.adapter.trainer import AdapterTrainer
from domain_ft.amounts import gigabytes
from domain_ft.errors import InputError
from domain_ft.training.available import available_memory, peak_memory, reset_peak
from domain_ft.training.estimate import ADAM_BYTES, Estimate
from domain_ft.training.trainer_log import is_diverged

_TRIES = 2
"""The first one also pays for memory and kernels."""
_TOKENS = 8
"""So many tokens of answers are generated to tell how long they take."""


@dataclass(frozen=True)
class AdapterProbe:
    """Measured: seconds per token of a batch of the longest rows; seconds to read questions together, and for each
    token of their answers; and the memory held before the optimizer has its own."""

    token_seconds: float
    question_seconds: float
    answer_seconds: float
    peak_bytes: int


def probe_training(
    trainer: AdapterTrainer, rows: Rows, task: RequirementsTask, settings: AdapterTrainingSettings
) -> AdapterProbe:
    """Try one row, then the longest batch, then a few tokens of answers.

    InputError where the batch would not fit into memory, or no weight that is trained has a gradient.
    """
    longest = sorted(rows.rows, key=lambda row: -len(row.prompt) - len(row.completion))[: settings.batch_size]
    held = _held(trainer)
    one = _peak(trainer, longest[:1]) - held
    _require_memory(trainer, settings, held, max(one, 0))
    peak = _peak(trainer, longest)
    seconds = min(_step(trainer, longest) for _ in range(_TRIES))
    trainer.model.zero_grad(set_to_none=True)
    tokens = sum(len(row.prompt) + len(row.completion) for row in longest)
    reading = _answering(trainer, task, 1)
    writing = (_answering(trainer, task, 1 + _TOKENS) - reading) / _TOKENS
    return AdapterProbe(seconds / tokens, reading, max(writing, 0.0), peak)


def estimate(
    probe: AdapterProbe,
    *,
    settings: AdapterTrainingSettings,
    rows: Rows,
    task: RequirementsTask,
    steps: int,
    evaluations: int,
    trainable: int,
) -> Estimate:
    """Steps and evaluations at the measured speed; the measured peak and the optimizer's state on top."""
    batch = settings.batch_size * settings.gradient_accumulation_steps
    training = steps * batch * rows.tokens / len(rows) * probe.token_seconds
    together = probe.question_seconds + task.max_new_tokens * probe.answer_seconds
    answering = math.ceil(len(task.concepts) / AT_ONCE) * together
    return Estimate(training + evaluations * answering, probe.peak_bytes + ADAM_BYTES * trainable)


def _require_memory(trainer: AdapterTrainer, settings: AdapterTrainingSettings, held: int, row_bytes: int) -> None:
    """InputError where the batch would not fit beside the model and the optimizer's state, with what would."""
    device = str(trainer.args.device)
    trainable = sum(each.numel() for each in trainer.model.parameters() if each.requires_grad)
    free = available_memory(device) - held - ADAM_BYTES * trainable
    if row_bytes * settings.batch_size <= free:
        return
    fitting = int(free // row_bytes) if row_bytes else 0
    needed = gigabytes(held + ADAM_BYTES * trainable + row_bytes * settings.batch_size)
    instead = (
        f"use batch_size: {fitting} with more gradient_accumulation_steps"
        if fitting > 0
        else "use a smaller max_length, quantization: bnb4, or a smaller base_model"
    )
    raise InputError(
        f"batch_size: {settings.batch_size} rows of this length would take about {needed} of memory, and {device} has "
        f"{gigabytes(available_memory(device))} to give; {instead}"
    )


def _step(trainer: AdapterTrainer, rows: Sequence[Row]) -> float:
    """Seconds of a forward and backward pass."""
    start = time.perf_counter()
    inputs = trainer._prepare_inputs(trainer.collate(rows))
    trainer.model.train()
    with trainer.compute_loss_context_manager():
        loss = trainer.compute_loss(trainer.model, inputs)
    loss.backward()
    if is_diverged(float(loss.detach())):
        raise FloatingPointError("the loss of the first batch is NaN or infinite")
    if trainer.args.device.type == "cuda":
        torch.cuda.synchronize()
    if not any(each.grad is not None for each in trainer.model.parameters()):
        raise InputError("target_modules: no layer that is trained takes part in the answer; name others")
    return time.perf_counter() - start


def _peak(trainer: AdapterTrainer, rows: Sequence[Row]) -> int:
    """Bytes held at the height of a pass; on a CPU, of the whole process."""
    device = str(trainer.args.device)
    reset_peak(device)
    _step(trainer, rows)
    return peak_memory(device)


def _held(trainer: AdapterTrainer) -> int:
    if trainer.args.device.type == "cuda":
        return int(torch.cuda.memory_allocated())
    return int(psutil.Process().memory_info().rss)


def _answering(trainer: AdapterTrainer, task: RequirementsTask, tokens: int) -> float:
    """Seconds for the first tokens of answers that are generated together."""
    start = time.perf_counter()
    generate_answers(trainer.model, task.chat, task.prompts[:AT_ONCE], tokens)
    return time.perf_counter() - start
