"""The tokens of a byte-level BPE tokenizer as GGUF holds them; other tokenizers are refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.delivery.llama_shape import refuse_where
from domain_ft.llm.causal import load_tokenizer

_NORMAL, _CONTROL, _OWN, _UNUSED = 1, 3, 4, 5
"""Types of tokens in GGUF: text; a sign of the template; text added whole; no token of the tokenizer."""
_GPT_2, _LLAMA_3 = "gpt-2", "llama-bpe"
"""How llama.cpp calls the patterns by which these pre-tokenizers cut text."""
LLAMA_3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


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

    NotPlainLlamaError where the tokenizer is not a byte-level BPE that cuts text as GPT-2 or Llama 3 do.
    """
    refuse_where(folder, {"it has no tokenizer.json": not (folder / "tokenizer.json").is_file()})
    file = json.loads((folder / "tokenizer.json").read_bytes())
    pre = _pre_tokenizer(file, folder)
    numbers: dict[str, int] = {**file["model"]["vocab"]}
    types = dict.fromkeys(numbers.values(), _NORMAL)
    for added in file.get("added_tokens", ()):
        numbers[added["content"]] = added["id"]
        types[added["id"]] = _CONTROL if added["special"] else _OWN
    tokens = {number: token for token, number in numbers.items()}
    tokenizer = load_tokenizer(folder)
    return Vocabulary(
        tokens=tuple(tokens.get(number, f"[PAD{number}]") for number in range(size)),
        types=tuple(types.get(number, _UNUSED) for number in range(size)),
        merges=tuple(each if isinstance(each, str) else " ".join(each) for each in file["model"]["merges"]),
        pre=pre,
        bos=tokenizer.bos_token_id,
        eos=tokenizer.eos_token_id,
        pad=tokenizer.pad_token_id,
        chat_template=str(tokenizer.chat_template),
    )


def _pre_tokenizer(file: Mapping[str, Any], folder: Path) -> str:
    """How llama.cpp calls what cuts text before its tokens are looked for."""
    pre = _known(file.get("pre_tokenizer") or {})
    reasons = {
        f"its tokenizer is {file['model'].get('type')}, not BPE": file["model"].get("type") != "BPE",
        "its tokenizer cuts text by a pattern of its own": pre is None,
        "its tokenizer changes text before it is cut": file.get("normalizer") is not None,
    }
    refuse_where(folder, reasons)
    return str(pre)


def _known(pre: Mapping[str, Any]) -> str | None:
    parts = pre.get("pretokenizers", [pre]) if pre.get("type") == "Sequence" else [pre]
    last, by_pattern = parts[-1], len(parts) == 2
    if last.get("type") != "ByteLevel" or last.get("add_prefix_space") or last.get("use_regex", True) == by_pattern:
        return None
    if not by_pattern:
        return _GPT_2
    cut = parts[0].get("pattern", {}).get("Regex"), parts[0].get("behavior"), parts[0].get("invert", False)
    return _LLAMA_3 if cut == (LLAMA_3_PATTERN, "Isolated", False) else None
