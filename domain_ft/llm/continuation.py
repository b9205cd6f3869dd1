"""What a causal language model goes on with after many prompts at once."""

from collections.abc import Collection, Sequence
from typing import Any

import torch

from domain_ft.llm.greedy import is_cached, likeliest


def continuations(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    room: int,
    ends: Collection[int],
    pad: int,
    temperature: float = 0.0,
    **stopping: Any,
) -> list[list[int]]:
    """The tokens, `room` at most, that follow each prompt of tokens; an answer that ended early may be padded.

    At a temperature of 0 these are the likeliest ones. Prompts are padded at their left, so that all answers begin at
    once. What a model's own folder would do to the likelihoods (a penalty for repeating) is left out: it is no part of
    what was trained. `stopping` goes to transformers; the model's mode is as before afterwards.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            inner = _unwrapped(model)
            if temperature == 0 and not stopping and is_cached(inner):
                return likeliest(inner, prompts, room, ends, pad)
            return _by_library(model, prompts, room, ends, pad, temperature, stopping)
    finally:
        model.train(was_training)


def _unwrapped(model: Any) -> Any:
    """The model itself, where an adapter's library has wrapped it: the adapter's layers are within it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _by_library(
    model: Any,
    prompts: Sequence[Sequence[int]],
    room: int,
    ends: Collection[int],
    pad: int,
    temperature: float,
    stopping: dict[str, Any],
) -> list[list[int]]:
    from transformers import GenerationConfig

    width = max(map(len, prompts))
    ids = [[pad] * (width - len(each)) + list(each) for each in prompts]
    mask = [[0] * (width - len(each)) + [1] * len(each) for each in prompts]
    config = GenerationConfig(
        max_new_tokens=room,
        do_sample=temperature > 0,
        temperature=temperature or None,
        num_beams=1,
        repetition_penalty=1.0,
        use_cache=True,
        eos_token_id=sorted(ends) or None,
        pad_token_id=pad,
    )
    found: torch.Tensor = model.generate(
        input_ids=_on(model, ids), attention_mask=_on(model, mask), generation_config=config, **stopping
    )
    return [row[width:] for row in found.tolist()]


def _on(model: Any, rows: list[list[int]]) -> torch.Tensor:
    return torch.tensor(rows, device=model.device)
