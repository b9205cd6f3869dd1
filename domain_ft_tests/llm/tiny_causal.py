"""A random Llama of a few thousand weights, with its tokenizer and a chat template."""

import json
from collections.abc import Sequence
from pathlib import Path

TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_END, _PAD = "<|end|>", "<|pad|>"


def make_tiny_causal(
    folder: Path,
    *,
    template: str | None = TEMPLATE,
    seed: int = 0,
    positions: int = 256,
    heads: int = 2,
    key_heads: int = 2,
    tied: bool = False,
    texts: Sequence[str] = (),
    vocabulary: int = 600,
) -> Path:
    """Write the model, which reads so many tokens at once, to a folder.

    Its tokens are bytes, and, where there are texts, what byte-pair encoding finds in them.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if texts:
        trainer = trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=letters, show_progress=False)
        tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=_END, pad_token=_PAD)
    fast.chat_template = template
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=heads,
        num_key_value_heads=key_heads,
        max_position_embeddings=positions,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
        bos_token_id=None,
        tie_word_embeddings=tied,
    )
    LlamaForCausalLM(config).save_pretrained(folder, safe_serialization=True)
    fast.save_pretrained(folder)
    return folder


def with_fewer_embeddings(folder: Path, tokens: int) -> None:
    """Leave the model of a folder the embeddings of its first tokens alone; its tokenizer stays as it is."""
    from safetensors.torch import load_file, save_file

    file, config = folder / "model.safetensors", folder / "config.json"
    weights = {name: each[:tokens].clone() if _is_of_tokens(name) else each for name, each in load_file(file).items()}
    save_file(weights, file, metadata={"format": "pt"})
    fewer = {"vocab_size": tokens, "eos_token_id": 1, "pad_token_id": 0}
    config.write_text(json.dumps({**json.loads(config.read_text()), **fewer}))


def _is_of_tokens(name: str) -> bool:
    return "embed_tokens" in name or "lm_head" in name
