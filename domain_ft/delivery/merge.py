"""A LoRA adapter merged into its base: one model that computes the same without PEFT."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain_ft.adapter.load import load_adapter
from domain_ft.errors import DomainFtError
from domain_ft.llm.causal import load_tokenizer

_TOLERANCE = 1e-4
"""Of the largest logit: so far may rounding take a merged model from base and adapter."""


@dataclass(frozen=True)
class Merged:
    """How far the logits of the merged model lie from those of base and adapter, at most, and how large those are."""

    difference: float
    largest: float


def merge_adapter(base: Path, adapter: Path, target: Path, texts: Sequence[str]) -> Merged:
    """Write base and adapter to a folder as one model of 32 bits, with the adapter's tokenizer and chat template.

    DomainFtError where its logits on these texts are not those of base and adapter; then nothing stays in the folder.
    """
    tuned = load_adapter(adapter, base, device="cpu")
    tokenizer = load_tokenizer(adapter)
    expected = [_logits(tuned, tokenizer, text) for text in texts]
    whole = tuned.merge_and_unload(safe_merge=True)
    found = [_logits(whole, tokenizer, text) for text in texts]
    largest = max(float(np.abs(each).max()) for each in expected)
    difference = max(float(np.abs(one - other).max()) for one, other in zip(found, expected, strict=True))
    if not difference <= _TOLERANCE * largest:
        raise DomainFtError(
            f"{adapter}: merged into {base.name} it computes something else (logits differ by {difference:.3g} of "
            f"{largest:.3g}); deliver base and adapter apart"
        )
    whole.save_pretrained(target, safe_serialization=True)
    tokenizer.save_pretrained(target)
    return Merged(difference, largest)


def _logits(model: Any, tokenizer: Any, text: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    import torch

    with torch.inference_mode():
        found: np.ndarray[Any, np.dtype[np.float32]] = model(**tokenizer(text, return_tensors="pt")).logits[0].numpy()
    return found
