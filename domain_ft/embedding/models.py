"""Finding and loading embedding models. Only safetensors is read; a model's own code is never run.

Finding needs no torch, so that a parent process can name what it asks a child to train.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain_ft.embedding.starter import STARTER, starter_folder
from domain_ft.errors import InputError
from domain_ft.model_folders.check import check_model_folder
from domain_ft.model_folders.digest import model_digest
from domain_ft.model_folders.find import BaseModel, resolve_model
from domain_ft.model_folders.loading import told_if_unloadable
from domain_ft.store.home import Home
from domain_ft.store.vectors import Encode, FloatArray
from domain_ft.training.allocator import keep_freed_memory
from domain_ft.training.device import prepare_threads, resolve_device

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def resolve_base_model(name: str, revision: str | None, home: Home) -> BaseModel:
    """Find `starter`, a local folder (relative to the state root) or a hub id, and check that it can be used."""
    if name == STARTER:
        path = starter_folder()
        check_model_folder(path)
        return BaseModel(name, path, model_digest(path))
    return resolve_model(name, revision, home, "base_model")


def weights_digest(model: "SentenceTransformer") -> str:
    """The sha256 of a model's weights as they are now."""
    import torch

    digest = hashlib.sha256()
    for name, weights in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weights.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def load_model(folder: Path, *, device: str = "cpu", max_seq_length: int | None = None) -> "SentenceTransformer":
    """Load a model folder at float32 onto a device that `resolve_device` named.

    `max_seq_length` beyond what the model has positions for is refused.
    """
    # It tells of kernels that it would fetch from a hub, and is imported by PEFT, which a plain model does not need.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    check_model_folder(folder)
    options = {"dtype": torch.float32, "use_safetensors": True}
    with told_if_unloadable(folder, "a model", "copy the whole model again"):
        model = SentenceTransformer(
            str(folder), device=device, local_files_only=True, trust_remote_code=False, model_kwargs=options
        )
    if max_seq_length is not None:
        positions = getattr(model.config, "max_position_embeddings", None)
        if positions is not None and max_seq_length > positions:
            raise InputError(f"max_seq_length: {max_seq_length} is more than the {positions} tokens of {folder.name}")
        model.max_seq_length = max_seq_length
    return model


def model_encoder(
    folder: Path, *, device: str = "auto", batch_size: int = 64, max_seq_length: int | None = None
) -> Encode:
    """Texts to unit-length float32 embeddings; the model is loaded when the first texts come.

    Texts are sorted by length before they are batched, so that little is computed on padding.
    """
    loaded: list[SentenceTransformer] = []

    def encode(texts: Sequence[str]) -> FloatArray:
        if not loaded:
            prepare_threads()
            keep_freed_memory()
            model = load_model(folder, device=resolve_device(device), max_seq_length=max_seq_length)
            lay_out_for_few_rows(model)
            loaded.append(model)
        return encode_texts(loaded[0], texts, batch_size)

    return encode


def lay_out_for_few_rows(model: "SentenceTransformer") -> None:
    """Lay the weights of linear layers on a CPU so that the product with few rows reads them in order.

    The weights stay the same and the embeddings too, to float tolerance; one query is answered in less time, many
    texts in the same (`benchmarks/encoding.py`).
    """
    from torch import nn

    for module in model.modules():
        if isinstance(module, nn.Linear) and module.weight.device.type == "cpu":
            module.weight.data = module.weight.data.t().contiguous().t()


def encode_texts(model: "SentenceTransformer", texts: Sequence[str], batch_size: int = 64) -> FloatArray:
    """Unit-length float32 embeddings (n, dimension) of texts as they are: a prefix is the caller's to add."""
    if not texts:
        return np.empty((0, model.get_embedding_dimension() or 0), dtype=np.float32)
    options = {"batch_size": batch_size, "normalize_embeddings": True, "show_progress_bar": False}
    vectors = model.encode(list(texts), prompt="", **options)  # or a model's default prompt stands before each
    return np.asarray(vectors, dtype=np.float32)
