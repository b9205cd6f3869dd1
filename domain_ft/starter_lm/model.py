"""A plain Llama of a recipe's shape: RMSNorm, RoPE, SwiGLU, no biases, embeddings that serve at both ends."""

import json
from pathlib import Path
from typing import Any

from domain_ft.starter_lm.copying import set_out_copying
from domain_ft.starter_lm.recipe import Recipe
from domain_ft.starter_lm.tokenizer import END, PAD
from domain_ft.store.publish import write_json

_SCALE = 0.06
"""Standard deviation of the random weights."""
_ROPE_THETA = 100_000.0


def new_model(recipe: Recipe, tokenizer: Any) -> Any:
    """A transformers LlamaForCausalLM before any training, the same for the same recipe; float32."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    end = tokenizer.token_to_id(END)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=recipe.hidden,
        intermediate_size=recipe.feed_forward,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        max_position_embeddings=recipe.positions,
        tie_word_embeddings=True,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=tokenizer.token_to_id(PAD),
        initializer_range=_SCALE,
        rope_parameters={"rope_type": "default", "rope_theta": _ROPE_THETA},
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = LlamaForCausalLM(config)
        set_out_copying(model, tokenizer.get_vocab())
    return model


def save_model(model: Any, folder: Path) -> None:
    """Write weights and configuration; the latter says `rope_theta` in its old place, too, where converters look."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    model.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_bytes())
    write_json(folder / "config.json", {**config, "rope_theta": config["rope_parameters"]["rope_theta"]})
