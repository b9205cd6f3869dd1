"""How the base model is held while an adapter is trained, and whether this machine can do that.

What cannot be done is not guessed from the absence of a GPU: it shows in one forward and backward pass.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from domain_ft.adapter.job import AdapterJob, Bits
from domain_ft.adapter.settings import AdapterTrainingSettings, Quantization
from domain_ft.amounts import gigabytes
from domain_ft.errors import DomainFtError, InputError
from domain_ft.safe_text import brief
from domain_ft.training.available import available_memory
from domain_ft.training.job import ResolvedPrecision
from domain_ft.training.memory import is_out_of_memory
from domain_ft.training.precision import resolve_precision

if TYPE_CHECKING:
    import torch

_BITS: dict[Quantization, Literal[4, 8]] = {"bnb4": 4, "bnb8": 8}
_INSTEAD: dict[Quantization, str] = {
    "none": "fp32",
    "fp32": "bf16",
    "bf16": "fp32 or none",
    "bnb4": "bf16, fp32 or none",
    "bnb8": "bf16, fp32 or none",
}


def resolve_quantization(settings: AdapterTrainingSettings, cache: Path) -> tuple[ResolvedPrecision, Bits]:
    """The precision that is computed at, and the bits of quantized weights; probed where it is not named."""
    named = settings.quantization if settings.quantization in ("bf16", "fp32") else "auto"
    return resolve_precision(named, settings.device, cache), _BITS.get(settings.quantization)


def torch_dtype(precision: str) -> "torch.dtype":
    """What weights that are not quantized are held at: for fp16, which computes from them, at 32 bits."""
    import torch

    return torch.bfloat16 if precision == "bf16" else torch.float32


def loading_options(precision: str, bits: Bits, device: str) -> dict[str, Any]:
    """What `from_pretrained` is told of quantization: nf4 with its constants quantized, too, or int8."""
    if bits is None:
        return {}
    from transformers import BitsAndBytesConfig

    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it says at each product what it casts
    four = {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": torch_dtype(precision),
    }
    config = BitsAndBytesConfig(**four) if bits == 4 else BitsAndBytesConfig(load_in_8bit=True)
    return {"quantization_config": config, "device_map": {"": device}}


def require_room(job: AdapterJob, settings: AdapterTrainingSettings, device: str) -> None:
    """InputError where the base model's weights alone would not fit into memory, with what would."""
    bits = job.bits or (16 if job.precision == "bf16" else 32)
    needed, room = parameters_in(job.base.path) * bits // 8, available_memory(device)
    if needed <= room:
        return
    less = {32: "quantization: bf16 or bnb4", 16: "quantization: bnb4", 8: "quantization: bnb4"}.get(bits)
    raise InputError(
        f"base_model: the weights of {job.base.name} take about {gigabytes(needed)} with quantization: "
        f"{settings.quantization}, and {device} has {gigabytes(room)} to give; use {f'{less}, or ' if less else ''}a "
        "smaller base_model"
    )


def parameters_in(folder: Path) -> int:
    """The number of a model's weights, read from the heads of its files."""
    from safetensors import safe_open

    count = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="np") as file:
            count += sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
    return count


@contextmanager
def refused_if_impossible(settings: AdapterTrainingSettings) -> Iterator[None]:
    """Loading, and the first forward and backward pass: what fails there is refused, with what would do instead.

    Our own errors, and a want of memory, pass.
    """
    try:
        yield
    except DomainFtError:
        raise
    except Exception as error:  # of torch, bitsandbytes or the model's own code
        if is_out_of_memory(error):
            raise
        reason = brief((str(error).strip() or type(error).__name__).splitlines()[0], 200)
        raise InputError(
            f"quantization: {settings.quantization} cannot train this model here ({reason}); use quantization: "
            f"{_INSTEAD[settings.quantization]}"
        ) from error
