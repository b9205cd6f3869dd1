"""The likeliest continuations of many prompts at once, cheaper than transformers' own loop where rows are many.

That one copies all keys and values at each token, and computes on rows that have ended until the last one ends. Here
keys and values are written into room that is kept ready, and a row leaves when it has ended.
"""

from collections.abc import Collection, Sequence
from inspect import signature
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_AHEAD = 256
"""Tokens that room is made for at once."""
_OPTIONAL = ("position_ids", "logits_to_keep")
"""What most models take and some do not."""


def likeliest(
    model: Any, prompts: Sequence[Sequence[int]], room: int, ends: Collection[int], pad: int
) -> list[list[int]]:
    """The likeliest tokens after each prompt up to and including its end, `room` at most.

    `model` is a causal language model of transformers that `is_cached`. Prompts are padded at their left.
    """
    width, device = max(map(len, prompts)), model.device
    tokens = torch.tensor([[pad] * (width - len(each)) + list(each) for each in prompts], device=device)
    known = torch.tensor([[0] * (width - len(each)) + [1] * len(each) for each in prompts], device=device)
    known = torch.cat([known, known.new_ones(len(prompts), room)], dim=1)
    places = (known[:, :width].cumsum(dim=1) - 1).clamp(min=0)
    found: list[list[int]] = [[] for _ in prompts]
    rows, cache, taken = list(range(len(prompts))), _cache(model), signature(type(model).forward).parameters
    for length in range(width, width + room):
        options = {"position_ids": places, "logits_to_keep": 1}
        asked = {name: options[name] for name in _OPTIONAL if name in taken}
        said = model(input_ids=tokens, attention_mask=known[:, :length], past_key_values=cache, use_cache=True, **asked)
        following = said.logits[:, -1].argmax(dim=-1)
        going = []
        for place, (row, token) in enumerate(zip(rows, following.tolist(), strict=True)):
            found[row].append(token)
            if token not in ends:
                going.append(place)
        if not going:
            break
        if len(going) < len(rows):
            left = torch.tensor(going, device=device)
            cache.batch_select_indices(left)
            rows, following, known, places = [rows[each] for each in going], following[left], known[left], places[left]
        tokens, places = following[:, None], places[:, -1:] + 1
    return found


def is_cached(model: Any) -> bool:
    """Whether a model takes keys and values of the tokens before, as most do."""
    return "past_key_values" in signature(type(model).forward).parameters


def _cache(model: Any) -> DynamicCache:
    """The model's cache; layers that keep all tokens are written in place."""
    cache = DynamicCache(config=model.config)
    cache.layers = [_InPlace() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


class _InPlace(DynamicLayer):
    """Keys and values (rows, heads, tokens, width) as the beginning of a larger room, so that a token copies none."""

    keys: torch.Tensor
    values: torch.Tensor
    _room: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *unused: Any, **also_unused: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """All keys and values, the new ones last."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held = self.get_seq_length()
        now = held + key_states.shape[-2]
        if self._room is None or self._room[0].shape[0] != key_states.shape[0] or self._room[0].shape[-2] < now:
            self._room = (
                _with_room(self.keys, key_states, held, now + _AHEAD),
                _with_room(self.values, value_states, held, now + _AHEAD),
            )
        keys, values = self._room
        keys[..., held:now, :], values[..., held:now, :] = key_states, value_states
        self.keys, self.values = keys[..., :now, :], values[..., :now, :]
        return self.keys, self.values


def _with_room(before: torch.Tensor | None, like: torch.Tensor, held: int, length: int) -> torch.Tensor:
    found = like.new_empty(*like.shape[:-2], length, like.shape[-1])
    if held:
        found[..., :held, :] = before
    return found
