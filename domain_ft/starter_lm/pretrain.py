"""Pre-training in one process on the CPU: AdamW, warm-up and cosine, over packed blocks.

Stopped at any moment, it goes on from its last whole checkpoint, to the same weights bit for bit (with as many
threads). The text is made again up to there: it follows from the recipe.
"""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain_ft.llm.causal import IGNORED
from domain_ft.progress import Progress
from domain_ft.starter_lm.blocks import encoded, packed
from domain_ft.starter_lm.documents import documents
from domain_ft.starter_lm.model import new_model
from domain_ft.starter_lm.recipe import Recipe
from domain_ft.starter_lm.tokenizer import PAD
from domain_ft.training.checkpoints import (
    CHECKPOINTS,
    Spent,
    discard_unfinished,
    mark_whole,
    prune_checkpoints,
    whole_checkpoints,
)
from domain_ft.training.stop import StopRequest, stopped

SAVE_EVERY = 50
"""Steps from one checkpoint to the next."""
_BETAS, _MOST_GRADIENT = (0.9, 0.95), 1.0
_WEIGHTS, _OPTIMIZER, _LOG = "model.safetensors", "optimizer.safetensors", "log.json"
_SEEDS_APART = 1000


@dataclass(frozen=True)
class Pretrained:
    """A trained model, and how it went."""

    model: Any
    log: list[dict[str, float]]
    """Step, loss and tokens read (padding left out), of each step."""
    seconds: float
    """Of all attempts, since their last checkpoints."""


def pretrain(
    recipe: Recipe, tokenizer: Any, work: Path, progress: Progress, stop: StopRequest | None = None
) -> Pretrained:
    """Train a model, or go on with it; `work` keeps its checkpoints.

    TrainingStoppedError where `stop` is asked for, after a checkpoint.
    """
    import torch

    model = new_model(recipe, tokenizer)
    optimizer = _optimizer(model, recipe)
    discard_unfinished(work / CHECKPOINTS)
    log, before = _resumed(work, model, optimizer)
    began = time.perf_counter()
    model.train()
    for number, (tokens, labels) in enumerate(islice(_batches(recipe, tokenizer), len(log), None), len(log) + 1):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, number)
        optimizer.zero_grad(set_to_none=True)
        loss = _loss(model, torch.from_numpy(tokens), torch.from_numpy(labels))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), _MOST_GRADIENT)
        optimizer.step()
        read = int((tokens != tokenizer.token_to_id(PAD)).sum())
        log.append({"step": number, "loss": float(loss.detach()), "tokens": read})
        asked = stop is not None and stop.asked
        if (asked or number % SAVE_EVERY == 0) and number < recipe.steps:
            spent = before + time.perf_counter() - began
            _save(work / CHECKPOINTS / f"checkpoint-{number}", model, optimizer, log, spent)
            if stop is not None and asked:
                raise stopped(stop, number, recipe.steps)
        progress(f"starter model {recipe.size}", number, recipe.steps)
    return Pretrained(model.eval(), log, before + time.perf_counter() - began)


def learning_rate(recipe: Recipe, step: int) -> float:
    """Of a step (from 1 on): up in a line over the warm-up, then down along a cosine to a tenth."""
    if step <= recipe.warmup:
        return recipe.learning_rate * step / recipe.warmup
    done = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.learning_rate * (0.1 + 0.9 * (1 + math.cos(math.pi * done)) / 2)


def _batches(recipe: Recipe, tokenizer: Any) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The tokens and labels of each step, both int64 (blocks, length)."""
    pad = tokenizer.token_to_id(PAD)
    for number, stage in enumerate(recipe.stages):
        text = documents(recipe.seed + _SEEDS_APART * number, stage.drills)
        blocks = packed(encoded(tokenizer, text), stage.length, pad)
        for _ in range(stage.steps):
            tokens, labels = zip(*islice(blocks, stage.blocks), strict=True)
            yield np.stack(tokens), np.stack(labels)


def _loss(model: Any, tokens: Any, labels: Any) -> Any:
    """The mean cross-entropy of the tokens to be learned; only theirs are computed as far as the vocabulary."""
    from torch.nn import functional

    hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state[:, :-1]
    following = labels[:, 1:]
    learned = following != IGNORED
    return functional.cross_entropy(model.lm_head(hidden[learned]), following[learned])


def _optimizer(model: Any, recipe: Recipe) -> Any:
    from torch.optim import AdamW

    weights = list(model.parameters())
    groups = [
        {"params": [each for each in weights if each.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [each for each in weights if each.ndim == 1], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=recipe.learning_rate, betas=_BETAS, fused=True)


def _save(folder: Path, model: Any, optimizer: Any, log: list[dict[str, float]], seconds: float) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_file(dict(model.named_parameters()), folder / _WEIGHTS)
    states = optimizer.state_dict()["state"]
    save_file({f"{n}.{name}": each for n, state in states.items() for name, each in state.items()}, folder / _OPTIMIZER)
    (folder / _LOG).write_text(json.dumps(log), encoding="utf-8")
    mark_whole(folder, Spent(seconds=seconds))
    prune_checkpoints(folder.parent, 1, None)


def _resumed(work: Path, model: Any, optimizer: Any) -> tuple[list[dict[str, float]], float]:
    """Bring back the last checkpoint: the log so far, and the seconds that it took; nothing where there is none."""
    from safetensors.torch import load_file

    found = whole_checkpoints(work / CHECKPOINTS)
    if not found:
        return [], 0.0
    folder = found[-1].path
    model.load_state_dict(load_file(folder / _WEIGHTS), strict=False)  # the output layer is the embedding
    states: dict[int, dict[str, Any]] = {}
    for key, value in load_file(folder / _OPTIMIZER).items():
        number, _, name = key.partition(".")
        states.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
    return json.loads((folder / _LOG).read_bytes()), found[-1].spent.seconds
