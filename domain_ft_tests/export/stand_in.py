"""An export in which nothing needs the packages of the extra: it has files of the same names, and the model encodes.

python -m domain_ft_tests.export.stand_in YAML MODEL exports to ONNX like that, in a process that may be killed.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from domain_ft.domain import Domain
from domain_ft.embedding.models import model_encoder
from domain_ft.export import encoder, formats, graph, quantize
from domain_ft.export.export_model import ExportResult, export_model
from domain_ft.store.home import Home


def export_by_stand_in(domain: Domain, home: Home, model: Path) -> ExportResult:
    """`export_model` to ONNX without ONNX."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(formats.PACKAGES, "onnx", ())
        patch.setattr(graph, "write_graph", _write_graph)
        patch.setattr(quantize, "quantize", _quantize)
        patch.setattr(encoder, "open_export", lambda *_: model_encoder(model, device="cpu", max_seq_length=16))
        return export_model(domain, home, model, "onnx")


def _write_graph(model: Path, folder: Path, _: int) -> Path:
    shutil.copyfile(model / encoder.TOKENIZER, folder / encoder.TOKENIZER)
    (folder / "model.onnx").write_bytes(b"float32")
    return folder / "model.onnx"


def _quantize(source: Path, folder: Path, format_: formats.Format, *_: Any) -> None:
    (folder / formats.MODEL_FILE[format_]).write_bytes(source.read_bytes())


if __name__ == "__main__":
    export_by_stand_in(Domain.load(Path(sys.argv[1])), Home.from_environment(), Path(sys.argv[2]))
