"""Loading a causal language model with its tokenizer. Only safetensors is read; a model's own code is never run."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain_ft.errors import InputError
from domain_ft.model_folders.check import check_model_folder
from domain_ft.model_folders.loading import told_if_unloadable
from domain_ft.safe_text import brief

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that no loss is computed on."""
_LOCAL = {"local_files_only": True, "trust_remote_code": False}


def load_causal_model(
    folder: Path, dtype: "torch.dtype", mend: str = "copy the whole model again", **options: Any
) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """The model at that precision and its tokenizer; `options` go to `from_pretrained`.

    InputError where the folder holds none that is whole and safe, or it cannot be loaded: with the `mend`.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; name the folder of a causal language model")
    check_model_folder(folder)
    logging.disable_progress_bar()
    kind = "a causal language model with its tokenizer"
    tokenizer = load_tokenizer(folder, kind, mend)
    with told_if_unloadable(folder, kind, mend):
        model, found = AutoModelForCausalLM.from_pretrained(
            str(folder), use_safetensors=True, dtype=dtype, output_loading_info=True, **_LOCAL, **options
        )
    if found["missing_keys"]:
        raise InputError(
            f"{folder}: holds no weights for {brief(min(found['missing_keys']))}; name a causal language model, "
            "and copy the whole of it"
        )
    return model, tokenizer


def require_known_tokens(model: Any, tokens: Iterable[int], source: object) -> None:
    """InputError, naming the `source` of model and tokenizer, where the model has no embedding of a token."""
    known, last = int(model.get_input_embeddings().weight.shape[0]), max(tokens)
    if last >= known:
        raise InputError(
            f"{source}: its tokenizer says token {last:,}, and its model knows {known:,} tokens: they do not belong "
            "together; copy the whole model again"
        )


def load_tokenizer(
    folder: Path, kind: str = "a tokenizer", mend: str = "copy the whole folder again"
) -> "PreTrainedTokenizerBase":
    """The tokenizer in a folder; InputError where it cannot be loaded as that `kind`, with the `mend`."""
    from transformers import AutoTokenizer

    with told_if_unloadable(folder, kind, mend):
        return AutoTokenizer.from_pretrained(str(folder), **_LOCAL)
