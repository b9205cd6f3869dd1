"""A second opinion on mined negatives: a cross-encoder reads query and passage together, and vetoes what answers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain_ft.errors import InputError
from domain_ft.mining.nearest import ceiling
from domain_ft.model_folders.find import BaseModel, resolve_model
from domain_ft.model_folders.loading import told_if_unloadable
from domain_ft.store.home import Home
from domain_ft.store.vectors import FloatArray

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

SETTING = "hard_negatives_cross_encoder"


def resolve_cross_encoder(name: str, home: Home) -> BaseModel:
    """Find a local folder or a hub id that holds a cross-encoder with one score; InputError for anything else."""
    found = resolve_model(name, None, home, SETTING)
    try:
        config = json.loads((found.path / "config.json").read_bytes())
        kinds, labels = config.get("architectures") or [], config.get("id2label") or {}
        scores = any("ForSequenceClassification" in str(kind) for kind in kinds) and len(labels) == 1
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        scores = False
    if not scores:
        raise InputError(
            f"{SETTING}: {found.path} is no cross-encoder that gives a pair one score (its config.json should name a "
            "ForSequenceClassification with one label); use one such as cross-encoder/ms-marco-MiniLM-L6-v2, or null"
        )
    return found


def load_cross_encoder(folder: Path, device: str) -> "CrossEncoder":
    """Load a cross-encoder at float32; only safetensors is read, and no code of its own is run."""
    import torch
    from sentence_transformers import CrossEncoder

    options = {"dtype": torch.float32, "use_safetensors": True}
    with told_if_unloadable(folder, "a cross-encoder", "copy it again"):
        return CrossEncoder(
            str(folder), device=device, local_files_only=True, trust_remote_code=False, model_kwargs=options
        )


class CrossEncoderVeto:
    """Vetoes a passage whose score is not below that of the row's positive by a share of it.

    The score of each positive is asked for once, so that a veto depends on nothing but what it is asked.
    """

    def __init__(
        self,
        model: "CrossEncoder",
        anchors: Sequence[str],
        positives: Sequence[str],
        passages: Sequence[str],
        margin: float,
    ) -> None:
        self._model, self._anchors, self._passages = model, anchors, passages
        self._highest = ceiling(self._scores(list(zip(anchors, positives, strict=True))), margin)

    def __call__(self, pairs: Sequence[tuple[int, int]]) -> list[bool]:
        """Whether each pair (row, passage) is vetoed."""
        scores = self._scores([(self._anchors[row], self._passages[passage]) for row, passage in pairs])
        rows = [row for row, _ in pairs]
        vetoed: list[bool] = (scores > self._highest[rows]).tolist()
        return vetoed

    def _scores(self, pairs: list[tuple[str, str]]) -> FloatArray:
        return np.asarray(self._model.predict(pairs, show_progress_bar=False), dtype=np.float32)
