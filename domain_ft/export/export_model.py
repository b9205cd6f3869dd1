"""Exporting a published model: written, quantized, tried on validation, and only then seen."""

import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from domain_ft.domain import EmbeddingDomain
from domain_ft.embedding.prefixes import column_prefixes, published_prefixes
from domain_ft.evaluation.held_out import MADE_FROM
from domain_ft.export.card import export_card
from domain_ft.export.formats import PACKAGES, Format, require_packages
from domain_ft.model_folders.digest import model_digest
from domain_ft.progress import Progress, silent
from domain_ft.store.home import Home
from domain_ft.store.publish import UNFINISHED, is_published, publish_folder, read_manifest, verify_folder
from domain_ft.store.tables import read_table

WEIGHTS = "*.safetensors"


@dataclass(frozen=True)
class ExportResult:
    """A published export; `manifest` holds what was measured."""

    path: Path
    manifest: dict[str, Any]
    reused: bool

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft export --json`."""
        same = ("version", "format", "bytes", "original_bytes", "measured")
        return {"path": str(self.path), "reused": self.reused, **{key: self.manifest[key] for key in same}}


def export_model(
    domain: EmbeddingDomain, home: Home, model: Path, format_: Format, *, progress: Progress = silent
) -> ExportResult:
    """Export a published model to int8 beside the domain's models, with the loss of quality measured.

    DomainFtError where the packages of the extra are not installed, or the graph is not what the model is. What is
    exported already is found again.
    """
    require_packages(format_)
    verify_folder(model)
    target = home.exports(domain.name) / f"{model.name}-{format_}-int8"
    reused = is_published(target)
    publish_folder(target, lambda folder: _write(domain, home, model, format_, folder, progress))
    verify_folder(target)
    return ExportResult(target, read_manifest(target), reused)


def _write(
    domain: EmbeddingDomain, home: Home, model: Path, format_: Format, folder: Path, progress: Progress
) -> dict[str, Any]:
    from tokenizers import Tokenizer

    from domain_ft.export.encoder import TOKENIZER, open_export
    from domain_ft.export.graph import write_graph
    from domain_ft.export.measure import measure_export
    from domain_ft.export.quantize import quantize

    manifest = read_manifest(model)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder.parent) as work:
        progress("write the graph", 0)
        graph = write_graph(model, Path(work), int(manifest["max_seq_length"]))
        (folder / TOKENIZER).write_bytes((Path(work) / TOKENIZER).read_bytes())
        progress("quantize", 0)
        texts = calibration_texts(home.triplets(domain.name) / manifest["dataset"], manifest)
        quantize(graph, folder, format_, Tokenizer.from_file(str(folder / TOKENIZER)), texts)
    measured = measure_export(domain, home, model, open_export(folder, format_), progress)
    entries = {
        "kind": "export",
        "domain": domain.name,
        "version": manifest["version"],
        "model_digest": model_digest(model),
        "format": format_,
        "precision": "int8",
        "dimension": manifest["dimension"],
        "max_seq_length": manifest["max_seq_length"],
        "prefixes": manifest["prefixes"],
        "bytes": sum(path.stat().st_size for path in folder.iterdir() if path.name.startswith("model_int8")),
        "original_bytes": sum(path.stat().st_size for path in model.glob(WEIGHTS)),
        "library_versions": {name: version(name) for name in ("torch", *PACKAGES[format_])},
        "measured": measured,
    }
    (folder / "README.md").write_text(export_card(entries), encoding="utf-8")
    return entries


def calibration_texts(dataset: Path, manifest: dict[str, Any]) -> list[str]:
    """Texts of the training split, behind their prefixes: every n-th of the distinct ones, in the order of the text."""
    from domain_ft.export.quantize import CALIBRATION_TEXTS

    prefixes = column_prefixes(read_manifest(dataset)[MADE_FROM], published_prefixes(manifest))
    triplets = read_table(dataset / "triplets.parquet", ["anchor", "positive", "split"])
    trained = triplets.filter(pl.col("split") == "train")
    texts = {prefixes[side] + text for side in ("anchor", "positive") for text in trained[side].to_list()}
    return sorted(texts)[:: max(1, len(texts) // CALIBRATION_TEXTS)][:CALIBRATION_TEXTS]
