"""Encoding with an exported model: a tokenizer and a runtime, without torch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from domain_ft.export.formats import MODEL_FILE, Format
from domain_ft.store.vectors import Encode, FloatArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

OUTPUT = "sentence_embedding"
TOKENIZER = "tokenizer.json"
Tokens = dict[str, npt.NDArray[np.int64]]


def open_export(folder: Path, format_: Format, batch_size: int = 64) -> Encode:
    """Texts to unit-length embeddings by the exported model in a folder; they are batched by length."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    path = folder / MODEL_FILE[format_]
    encode = onnx_session(path, tokenizer) if format_ == "onnx" else _openvino_session(path, tokenizer)

    def in_batches(texts: Sequence[str]) -> FloatArray:
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        starts = range(0, len(order), batch_size)
        sorted_vectors = [encode([texts[n] for n in order[start : start + batch_size]]) for start in starts]
        vectors = np.concatenate(sorted_vectors)
        return vectors[np.argsort(order)]

    return in_batches


def tokenize(tokenizer: "Tokenizer", texts: Sequence[str]) -> Tokens:
    """Token ids and mask of a batch (texts, tokens), padded to its longest."""
    encoded = tokenizer.encode_batch(list(texts))
    return {
        "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
        "attention_mask": np.array([each.attention_mask for each in encoded], dtype=np.int64),
    }


def onnx_session(path: Path, tokenizer: "Tokenizer") -> Callable[[Sequence[str]], FloatArray]:
    """An ONNX graph on this machine's CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda texts: np.asarray(session.run([OUTPUT], tokenize(tokenizer, texts))[0], dtype=np.float32)


def _openvino_session(path: Path, tokenizer: "Tokenizer") -> Callable[[Sequence[str]], FloatArray]:
    import openvino

    compiled = openvino.Core().compile_model(str(path), "CPU")
    return lambda texts: np.asarray(compiled(tokenize(tokenizer, texts))[compiled.output(0)], dtype=np.float32)
