"""From a model folder to an ONNX graph: token ids and mask in, unit-length embeddings out, any batch, any length.

torch's own exporter writes it. The exporters of sentence-transformers want a package that goes no further than an
older transformers.
"""

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain_ft.embedding.models import encode_texts, load_model
from domain_ft.errors import DomainFtError
from domain_ft.export.encoder import OUTPUT, TOKENIZER, onnx_session, tokenize
from domain_ft.training.device import prepare_threads

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

_TRIED = ("The tests of the login page fail.", "Correct the tax on returned goods, and every text that names it")
_ALIKE = 1e-3
"""Numbers of an embedding of length 1 may differ by this much between torch and the graph."""


def write_graph(model_folder: Path, folder: Path, max_seq_length: int) -> Path:
    """Write `model.onnx` (float32) and a tokenizer that cuts and pads into a folder; returns the graph's path.

    DomainFtError where the graph does not compute what the model does.
    """
    import torch

    prepare_threads()
    model = load_model(model_folder, max_seq_length=max_seq_length).eval()
    tokenizer = _write_tokenizer(model, model_folder, folder, max_seq_length)
    path = folder / "model.onnx"
    given = tuple(torch.from_numpy(each) for each in tokenize(tokenizer, _TRIED).values())
    dynamic = {0: torch.export.Dim("texts"), 1: torch.export.Dim("tokens", max=max_seq_length)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _embedder(model),
            given,
            path,
            input_names=["input_ids", "attention_mask"],
            output_names=[OUTPUT],
            dynamic_shapes={"input_ids": dynamic, "attention_mask": dynamic},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _require_alike(encode_texts(model, _TRIED), onnx_session(path, tokenizer)(_TRIED), model_folder)
    return path


def _embedder(model: "SentenceTransformer") -> "torch.nn.Module":
    """The model as a function of tensors alone."""
    import torch

    class Embedder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)

    return Embedder()


def _write_tokenizer(
    model: "SentenceTransformer", model_folder: Path, folder: Path, max_seq_length: int
) -> "Tokenizer":
    from tokenizers import Tokenizer

    source = model_folder / TOKENIZER
    if not source.is_file():
        raise DomainFtError(f"{source}: missing, and without it no text can be cut into tokens elsewhere")
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.enable_truncation(max_seq_length)
    tokenizer.enable_padding(pad_id=model.tokenizer.pad_token_id, pad_token=model.tokenizer.pad_token)
    tokenizer.save(str(folder / TOKENIZER))
    return tokenizer


def _require_alike(ours: np.ndarray, theirs: np.ndarray, model_folder: Path) -> None:
    apart = float(np.abs(ours - theirs).max())
    if not apart < _ALIKE:
        raise DomainFtError(f"{model_folder}: its graph gives other embeddings than the model (apart by {apart:.2g})")
