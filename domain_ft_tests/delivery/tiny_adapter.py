"""A LoRA adapter of the tiny language model, with weights that change what it says, and a base that Ollama reads."""

import json
from pathlib import Path
from typing import Any

from domain_ft.delivery.bpe_vocabulary import LLAMA_3_PATTERN
from domain_ft.model_folders.digest import model_digest
from domain_ft.store.publish import MANIFEST, write_json


def make_tiny_adapter(base: Path, folder: Path, seed: int = 1, demonstration: bool = False, **options: Any) -> Path:
    """Write an adapter of a base to a folder, with the base's tokenizer and a manifest that names the base."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    config = LoraConfig(
        **{"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **options}
    )
    tuned = get_peft_model(model, config)
    for name, weight in tuned.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.2)
    tuned.save_pretrained(str(folder))
    AutoTokenizer.from_pretrained(str(base)).save_pretrained(str(folder))
    told = {"base_model": base.name, "base_sha256": model_digest(base), "demonstration": demonstration}
    write_json(folder / MANIFEST, {**told, "files": {}})
    return folder


def cut_as_llama_3(base: Path) -> Path:
    """Have a base's tokenizer cut text by the pattern of Llama 3, and name a token that begins it."""
    split = {"type": "Split", "pattern": {"Regex": LLAMA_3_PATTERN}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    changed(base / "tokenizer.json", pre_tokenizer={"type": "Sequence", "pretokenizers": [split, level]})
    changed(base / "tokenizer_config.json", bos_token="<|end|>")
    return base


def changed(file: Path, **entries: Any) -> None:
    """Put other entries into a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **entries}))
