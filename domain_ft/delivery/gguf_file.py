"""A Llama model, or a LoRA adapter of one, as a GGUF file, which llama.cpp and Ollama read.

GGUF turns the neighbours (2i, 2i + 1) of a query or key by one angle, transformers turns (i, i + half); so the rows of
those two weights are put in the other order, head by head. Everything else keeps its values.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from domain_ft.delivery.bpe_vocabulary import Vocabulary, read_vocabulary
from domain_ft.delivery.llama_shape import LlamaShape
from domain_ft.errors import InputError
from domain_ft.faults import faults_as_sentences

Array = npt.NDArray[Any]
FileType = Literal["f32", "f16"]
_BLOCK = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""What a part of a layer is called there and here."""
_WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def write_model(folder: Path, target: Path, name: str, file_type: FileType = "f16") -> None:
    """Write a model's folder as GGUF; norms stay at 32 bits.

    NotPlainLlamaError where it is no plain Llama with a byte-level BPE tokenizer. The file appears whole or not at all.
    """
    import gguf

    shape = LlamaShape.of(folder)
    vocabulary = read_vocabulary(folder, shape.vocabulary)
    with faults_as_sentences(target):
        writer = gguf.GGUFWriter(_beside(target), "llama")
        writer.add_type(gguf.GGUFType.MODEL)
        writer.add_name(name)
        writer.add_file_type(gguf.LlamaFileType.ALL_F32 if file_type == "f32" else gguf.LlamaFileType.MOSTLY_F16)
        _add_shape(writer, shape)
        _add_vocabulary(writer, vocabulary)
        for key, values in _model_tensors(folder, shape):
            narrow = file_type == "f16" and values.ndim > 1
            writer.add_tensor(f"{key}.weight", values.astype(np.float16 if narrow else np.float32))
        _finish(writer, target)


def write_adapter(adapter: Path, base: Path, target: Path, name: str) -> None:
    """Write a LoRA adapter of a base as GGUF, at 32 bits: its pairs of weights, and alpha, which scales their product.

    InputError where the adapter holds what this form has no place for: rsLoRA, DoRA, or weights that are no such pairs.
    """
    import gguf

    shape, config = LlamaShape.of(base), json.loads((adapter / "adapter_config.json").read_bytes())
    for option in ("use_rslora", "use_dora"):
        if config.get(option):
            raise InputError(f"{adapter}: was trained with {option}, for which GGUF has no place; merge it instead")
    with faults_as_sentences(target):
        writer = gguf.GGUFWriter(_beside(target), "llama")
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config["lora_alpha"]))
        writer.add_name(name)
        for key, values in _adapter_tensors(adapter, shape):
            writer.add_tensor(key, values.astype(np.float32))
        _finish(writer, target)


def to_neighbours(values: Array, heads: int) -> Array:
    """Rows (heads * width, ...) of a query or key in GGUF's order, from that of transformers."""
    width = values.shape[0] // heads
    return values.reshape(heads, 2, width // 2, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def tensor_name(name: str) -> str | None:
    """What a module of transformers (`model.layers.0.mlp.up_proj`) is called in GGUF; None where it has no place."""
    if name in _WHOLE:
        return _WHOLE[name]
    parts = name.removeprefix("model.layers.").partition(".")
    known = _BLOCK.get(parts[2]) if name.startswith("model.layers.") else None
    return f"blk.{parts[0]}.{known}" if known else None


def _model_tensors(folder: Path, shape: LlamaShape) -> Iterator[tuple[str, Array]]:
    for name, values in _weights(folder):
        key = tensor_name(name.removesuffix(".weight"))
        if key is None:
            raise InputError(f"{folder}: holds {name}, which no plain Llama has; use the folder of a merged model")
        if not (shape.tied and key == "output"):
            yield key, _in_order(key, values, shape)


def _adapter_tensors(folder: Path, shape: LlamaShape) -> Iterator[tuple[str, Array]]:
    for name, values in _weights(folder):
        module, _, part = name.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".")
        key = tensor_name(module)
        if key is None or part not in ("lora_A", "lora_B"):
            raise InputError(f"{folder}: holds {name}, for which GGUF has no place; merge it instead")
        yield f"{key}.weight.{part.lower()}", _in_order(key, values, shape) if part == "lora_B" else values


def _in_order(key: str, values: Array, shape: LlamaShape) -> Array:
    heads = {"attn_q": shape.heads, "attn_k": shape.key_heads}.get(key.rpartition(".")[2])
    return to_neighbours(values, heads) if heads else values


def _weights(folder: Path) -> Iterator[tuple[str, Array]]:
    """Each weight at 32 bits, one after the other."""
    import torch
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 - no mapping
                yield name, file.get_tensor(name).to(torch.float32).numpy()


def _add_shape(writer: Any, shape: LlamaShape) -> None:
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_vocab_size(shape.vocabulary)


def _add_vocabulary(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    named: Mapping[str, int | None] = {"bos": vocabulary.bos, "eos": vocabulary.eos, "pad": vocabulary.pad}
    for name, number in named.items():
        if number is not None:
            getattr(writer, f"add_{name}_token_id")(number)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(vocabulary.chat_template)


def _beside(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{target.name}.unfinished")


def _finish(writer: Any, target: Path) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    _beside(target).replace(target)
