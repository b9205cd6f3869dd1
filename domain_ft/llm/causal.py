"""Loading a causal language model with its tokenizer. Only safetensors is read; a model's own code is never run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain_ft.embedding.model_folder import check_model_folder
from domain_ft.embedding.models import told_if_unloadable
from domain_ft.errors import InputError
from domain_ft.safe_text import brief

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_causal_model(
    folder: Path, dtype: "torch.dtype", mend: str = "copy the whole model again", **options: Any
) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """The model at that precision and its tokenizer; `options` go to `from_pretrained`.

    InputError where the folder holds none that is whole and safe, or it cannot be loaded: with the `mend`.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; name the folder of a causal language model")
    check_model_folder(folder)
    logging.disable_progress_bar()
    local = {"local_files_only": True, "trust_remote_code": False}
    with told_if_unloadable(folder, "a causal language model with its tokenizer", mend):
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **local)
        model, found = AutoModelForCausalLM.from_pretrained(
            str(folder), use_safetensors=True, dtype=dtype, output_loading_info=True, **local, **options
        )
    if found["missing_keys"]:
        raise InputError(
            f"{folder}: holds no weights for {brief(min(found['missing_keys']))}; name a causal language model, "
            "and copy the whole of it"
        )
    return model, tokenizer
