"""A LoRA adapter of the tiny language model, with weights that change what it says."""

from pathlib import Path
from typing import Any


def make_tiny_adapter(base: Path, folder: Path, seed: int = 1, **options: Any) -> Path:
    """Write an adapter of a base to a folder, with the base's tokenizer."""
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
    return folder
