"""A published adapter on its base model. Only safetensors is read; a model's own code is never run."""

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.adapter.base_model import require_base
from domain_ft.adapter.job import Bits
from domain_ft.adapter.quantization import loading_options, torch_dtype
from domain_ft.errors import InputError
from domain_ft.llm.causal import load_causal_model
from domain_ft.model_folders.digest import model_digest
from domain_ft.model_folders.loading import told_if_unloadable
from domain_ft.store.publish import read_manifest

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

WEIGHTS = "adapter_model.safetensors"


def check_base(adapter: Path, base: Path) -> None:
    """InputError where a published adapter was made for another base model than the one in a folder, or is none."""
    sha256 = read_manifest(adapter).get("base_sha256")
    if sha256 is None:
        raise InputError(f"{adapter}: names no base model, so it is no adapter; name a version of a domain's models")
    require_base(base, model_digest(base), sha256)


def load_adapter(folder: Path, base: Path, *, precision: str = "fp32", bits: Bits = None, device: str) -> "PeftModel":
    """The base model at that precision with an adapter's folder put on it; InputError where either is not whole.

    That the base is the one that the adapter was made for is asked by `check_base`.
    """
    model, _ = load_causal_model(base, torch_dtype(precision), **loading_options(precision, bits, device))
    return put_adapter(model if bits else model.to(device), folder)


def put_adapter(model: "PreTrainedModel", folder: Path) -> "PeftModel":
    """A base model with an adapter's folder put on it; InputError where that is not whole, or not for this model."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # tells of kernels that it would fetch from a hub
    from peft import PeftModel

    if not (folder / WEIGHTS).is_file():
        raise InputError(f"{folder}: holds no adapter ({WEIGHTS}); copy the whole folder again")
    with (
        told_if_unloadable(folder, "an adapter of this model", "train it anew, or name its own base model"),
        warnings.catch_warnings(action="ignore", category=FutureWarning),  # PEFT's own, about transformers
    ):
        return PeftModel.from_pretrained(model, str(folder), is_trainable=False).eval()
