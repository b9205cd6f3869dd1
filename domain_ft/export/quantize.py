"""From a float32 graph to int8.

ONNX: weights once, activations as they come (dynamic). OpenVINO: both once (static), by the range that activations
have on texts of the training split.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.export.encoder import tokenize
from domain_ft.export.formats import MODEL_FILE, Format

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CALIBRATION_TEXTS = 300
"""As many as the exporters of sentence-transformers take by default."""


def quantize(graph: Path, folder: Path, format_: Format, tokenizer: "Tokenizer", texts: Sequence[str]) -> Path:
    """Write the int8 model of a graph into a folder; `texts` calibrate a static quantization."""
    target = folder / MODEL_FILE[format_]
    if format_ == "onnx":
        _quantize_onnx(graph, target)
    else:
        _quantize_openvino(graph, target, tokenizer, texts)
    return target


@contextmanager
def _quiet() -> Iterator[None]:
    """Both libraries give their advice on the root logger and draw bars on stdout."""
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _quantize_onnx(graph: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        quantize_dynamic(graph, target, weight_type=QuantType.QInt8, per_channel=True)


def _quantize_openvino(graph: Path, target: Path, tokenizer: "Tokenizer", texts: Sequence[str]) -> None:
    os.environ.setdefault("NNCF_CI", "1")  # else it tells its makers of each use
    import nncf
    import openvino

    model = openvino.Core().read_model(graph)
    inputs = [tokenize(tokenizer, [text]) for text in texts]
    with _quiet():
        quantized = nncf.quantize(
            model, nncf.Dataset(inputs), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(inputs)
        )
    openvino.save_model(quantized, target)
