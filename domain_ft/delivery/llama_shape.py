"""What a Llama model is made of, as far as another program must know it to compute the same; read from its folder.

Whatever would need more than this is refused by its name, with the command of llama.cpp that converts it.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError

ARCHITECTURE = "LlamaForCausalLM"


class NotPlainLlamaError(InputError):
    """The model cannot be written as GGUF here; the sentence says why, and which command of llama.cpp does it."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"{folder}: {reason}, which is not written as GGUF here; use llama.cpp: {converting_command(folder)}"
        )


def refuse_where(folder: Path, reasons: Mapping[str, bool]) -> None:
    """NotPlainLlamaError with the first of the reasons that holds."""
    for reason, holds in reasons.items():
        if holds:
            raise NotPlainLlamaError(folder, reason)


@dataclass(frozen=True)
class LlamaShape:
    """The sizes of a Llama model, and the constants of its formulas."""

    vocabulary: int
    """Rows of the embeddings; the tokenizer may have fewer tokens."""
    width: int
    inner: int
    layers: int
    heads: int
    key_heads: int
    head_width: int
    context: int
    norm_epsilon: float
    rope_theta: float
    tied: bool
    """Whether the output's weights are the embeddings'."""

    @classmethod
    def of(cls, folder: Path) -> "LlamaShape":
        """Read `config.json`; NotPlainLlamaError where it asks for more than a plain Llama."""
        config = json.loads((folder / "config.json").read_bytes())
        _refuse(config, folder)
        heads = int(config["num_attention_heads"])
        return cls(
            vocabulary=int(config["vocab_size"]),
            width=int(config["hidden_size"]),
            inner=int(config["intermediate_size"]),
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            key_heads=int(config.get("num_key_value_heads") or heads),
            head_width=int(config.get("head_dim") or config["hidden_size"] // heads),
            context=int(config["max_position_embeddings"]),
            norm_epsilon=float(config["rms_norm_eps"]),
            rope_theta=float(_rope(config).get("rope_theta", config.get("rope_theta", 10_000.0))),
            tied=bool(config.get("tie_word_embeddings", False)),
        )


def converting_command(folder: Path, target: Path | None = None) -> str:
    """The command of llama.cpp that converts what is not converted here, to a file (None: one of the folder's name)."""
    named = [folder, "--outtype", "f16", "--outfile", target or f"{folder.name}.gguf"]
    return f"python convert_hf_to_gguf.py {shlex.join(map(str, named))}"


def _refuse(config: Mapping[str, Any], folder: Path) -> None:
    architectures = config.get("architectures") or ["none"]
    rope = _rope(config).get("rope_type", "default")
    reasons = {
        f"its architecture is {architectures[0]}": architectures[0] != ARCHITECTURE,
        f"its activation is {config.get('hidden_act')}": config.get("hidden_act") != "silu",
        "its layers have biases": bool(config.get("attention_bias") or config.get("mlp_bias")),
        f"its positions are scaled ({rope})": rope != "default",
        "its weights are quantized": config.get("quantization_config") is not None,
    }
    refuse_where(folder, reasons)


def _rope(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """How positions are turned into angles; older files say it elsewhere."""
    found = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return {**found, "rope_type": found.get("rope_type", found.get("type", "default"))}
