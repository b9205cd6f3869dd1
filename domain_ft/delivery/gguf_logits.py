"""What a GGUF file of a Llama model computes, from its own tensors alone: the proof that it was written right.

Plain numpy after the formulas of the model (Touvron et al. 2023, arXiv:2302.13971): RMSNorm, rotary positions of
neighbours, grouped-query attention, SwiGLU. Slow, and independent of what wrote the file.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GgufModel:
    """The tensors and constants of a file."""

    tensors: dict[str, Array]
    layers: int
    heads: int
    key_heads: int
    epsilon: float
    theta: float

    @classmethod
    def read(cls, path: Path) -> "GgufModel":
        """Read a file; its tensors at 32 bits."""
        import gguf

        reader = gguf.GGUFReader(path)

        def constant(name: str) -> Any:
            return reader.fields[f"llama.{name}"].contents()

        return cls(
            {each.name: np.asarray(each.data, dtype=np.float32) for each in reader.tensors},
            int(constant("block_count")),
            int(constant("attention.head_count")),
            int(constant("attention.head_count_kv")),
            float(constant("attention.layer_norm_rms_epsilon")),
            float(constant("rope.freq_base")),
        )

    def logits(self, tokens: list[int]) -> Array:
        """The logits (tokens, vocabulary) after each token of a text."""
        state = self.tensors["token_embd.weight"][tokens]
        for layer in range(self.layers):
            state = state + self._attention(layer, self._norm(state, f"blk.{layer}.attn_norm"))
            state = state + self._feed_forward(layer, self._norm(state, f"blk.{layer}.ffn_norm"))
        state = self._norm(state, "output_norm")
        output = self.tensors.get("output.weight", self.tensors["token_embd.weight"])
        found: Array = state @ output.T
        return found

    def _norm(self, state: Array, name: str) -> Array:
        scale: Array = 1 / np.sqrt(np.mean(state**2, axis=-1, keepdims=True) + np.float32(self.epsilon))
        return state * scale * self.tensors[f"{name}.weight"]

    def _attention(self, layer: int, state: Array) -> Array:
        query, key, value = (
            self._heads(state @ self.tensors[f"blk.{layer}.attn_{name}.weight"].T, heads)
            for name, heads in (("q", self.heads), ("k", self.key_heads), ("v", self.key_heads))
        )
        query, key = self._turned(query), self._turned(key)
        key, value = (np.repeat(each, self.heads // self.key_heads, axis=0) for each in (key, value))
        scores = query @ key.swapaxes(1, 2) / np.sqrt(np.float32(query.shape[-1]))
        scores = np.where(np.tri(len(state), dtype=bool), scores, np.float32(-np.inf))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = weights / weights.sum(axis=-1, keepdims=True)
        joined = (weights @ value).swapaxes(0, 1).reshape(len(state), -1)
        found: Array = joined @ self.tensors[f"blk.{layer}.attn_output.weight"].T
        return found

    def _feed_forward(self, layer: int, state: Array) -> Array:
        gate, up, down = (self.tensors[f"blk.{layer}.ffn_{name}.weight"] for name in ("gate", "up", "down"))
        opened = state @ gate.T
        found: Array = (opened / (1 + np.exp(-opened)) * (state @ up.T)) @ down.T
        return found

    def _heads(self, state: Array, heads: int) -> Array:
        """(tokens, heads * width) -> (heads, tokens, width)"""
        return state.reshape(len(state), heads, -1).swapaxes(0, 1)

    def _turned(self, heads: Array) -> Array:
        """Each pair of neighbours (2i, 2i + 1), turned by position * theta^(-2i / width)."""
        _, tokens, width = heads.shape
        angles = np.outer(np.arange(tokens), self.theta ** (-np.arange(0, width, 2) / width)).astype(np.float32)
        cosine, sine = np.cos(angles), np.sin(angles)
        even, odd = heads[..., ::2], heads[..., 1::2]
        turned = np.empty_like(heads)
        turned[..., ::2], turned[..., 1::2] = even * cosine - odd * sine, even * sine + odd * cosine
        return turned
