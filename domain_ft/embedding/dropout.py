"""Dropout whose random numbers are cheap on a CPU.

torch draws them one by one, in attention too, which took a quarter of a training step (measured). Here a counter of
numpy fills a block with bits, sixteen for each value, from a seed that torch's own generator gives: so a resumed
training draws what an undisturbed one does, and a loss that replays torch's state replays these as well.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ATTENTION = "domain_ft_cheap_dropout"
_STEPS = 2**16
"""A share to drop is rounded to so many steps; what is kept is scaled by the rounded share."""


class _Drop(torch.autograd.Function):
    """Zeroes values at random, and scales the others so that the mean stays."""

    @staticmethod
    def forward(context: Any, values: Tensor, dropped: int) -> Tensor:
        kept = (_random(values.numel()) >= dropped - _STEPS // 2).view(values.shape)
        context.save_for_backward(kept)
        context.scale = _STEPS / (_STEPS - dropped)
        return (values * kept).mul_(context.scale)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (kept,) = context.saved_tensors
        return (gradients[0] * kept).mul_(context.scale), None


class CheapDropout(nn.Module):
    """Stands in the place of `nn.Dropout`, on a CPU."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, values: Tensor) -> Tensor:
        """Some of the values, in training; all of them otherwise."""
        return drop(values, self.p) if self.training else values


def drop(values: Tensor, share: float) -> Tensor:
    """The values with a share of them zero, the others scaled by 1 / (1 - share)."""
    dropped = round(share * _STEPS)
    if dropped == 0:
        return values
    if dropped == _STEPS:
        return values * 0
    found: Tensor = _Drop.apply(values, dropped)
    return found


def use_cheap_dropout(model: "SentenceTransformer") -> None:
    """Let a model on a CPU draw its dropout so; what it computes in evaluation, and its weights, stay the same."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, CheapDropout(child.p).train(child.training))
    encoder = model.transformers_model
    if getattr(encoder.config, "_attn_implementation", None) == "sdpa":
        encoder.set_attn_implementation(ATTENTION)


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """softmax(q k' scaling + mask) v with dropout after the softmax; torch's own kernel where it drops nothing.

    query, key, value (rows, heads, tokens, size), mask (rows, 1, tokens, tokens), True where it may look; returns
    (rows, tokens, heads, size).
    """
    causal = getattr(module, "is_causal", False) or options.get("is_causal")
    if dropout == 0 or causal or key.shape != query.shape or not _is_looking_mask(attention_mask):
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **options
        )
        return found
    scores = (query * (scaling or query.shape[-1] ** -0.5)) @ key.transpose(2, 3)
    if attention_mask is not None:
        scores = scores.masked_fill(~attention_mask, torch.finfo(scores.dtype).min)
    return (drop(scores.softmax(dim=-1), dropout) @ value).transpose(1, 2).contiguous(), None


def _is_looking_mask(mask: Tensor | None) -> bool:
    return mask is None or mask.dtype == torch.bool


def _random(count: int) -> Tensor:
    """So many random whole numbers from -32768 to 32767."""
    seed = int(torch.randint(2**62, ()))
    bits = np.random.SFC64(seed).random_raw(-(-count // 4))
    return torch.from_numpy(bits.view(np.int16))[:count]


AttentionInterface.register(ATTENTION, attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
