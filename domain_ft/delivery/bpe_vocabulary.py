"""The tokens of a byte-level BPE tokenizer as GGUF holds them; other tokenizers are refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.delivery.llama_shape import refuse_where

_NORMAL, _CONTROL, _OWN, _UNUSED = 1, 3, 4, 5
"""Types of tokens in GGUF: text; a sign of the template; text added whole; no token of the tokenizer."""
_PRE = "gpt-2"
"""How llama.cpp calls the pattern by which this pre-tokenizer cuts text."""


@dataclass(frozen=True)
class Vocabulary:
    """Tokens by their number, with their types, and the merges in their order."""

    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[str, ...]
    pre: str
    bos: int | None
    eos: int
    pad: int | None
    chat_template: str


def read_vocabulary(folder: Path, size: int) -> Vocabulary:
    """The vocabulary of a model's folder, filled up to the rows of its embeddings.

    NotPlainLlamaError where the tokenizer is not a byte-level BPE that cuts text as GPT-2 does.
    """
    from transformers import AutoTokenizer

    file = json.loads((folder / "tokenizer.json").read_bytes())
    _refuse(file, folder)
    numbers: dict[str, int] = {**file["model"]["vocab"]}
    types = dict.fromkeys(numbers.values(), _NORMAL)
    for added in file.get("added_tokens", ()):
        numbers[added["content"]] = added["id"]
        types[added["id"]] = _CONTROL if added["special"] else _OWN
    tokens = {number: token for token, number in numbers.items()}
    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    return Vocabulary(
        tokens=tuple(tokens.get(number, f"[PAD{number}]") for number in range(size)),
        types=tuple(types.get(number, _UNUSED) for number in range(size)),
        merges=tuple(each if isinstance(each, str) else " ".join(each) for each in file["model"]["merges"]),
        pre=_PRE,
        bos=tokenizer.bos_token_id,
        eos=tokenizer.eos_token_id,
        pad=tokenizer.pad_token_id,
        chat_template=str(tokenizer.chat_template),
    )


def _refuse(file: Mapping[str, Any], folder: Path) -> None:
    pre = file.get("pre_tokenizer") or {}
    reasons = {
        f"its tokenizer is {file['model'].get('type')}, not BPE": file["model"].get("type") != "BPE",
        "its tokenizer cuts text by a pattern of its own": pre.get("type") != "ByteLevel"
        or not pre.get("use_regex", True)
        or bool(pre.get("add_prefix_space")),
        "its tokenizer changes text before it is cut": file.get("normalizer") is not None,
    }
    refuse_where(folder, reasons)
