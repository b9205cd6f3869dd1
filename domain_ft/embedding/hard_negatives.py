"""Negatives mined with a model as it is at some moment, for all training triplets at once.

What is mined depends on the weights, the dataset and the settings alone, and is kept on disk under a digest of these:
the next training from the same base, and one that goes on after a kill, find it there. sentence-transformers'
`mine_hard_negatives` shares its margin with this, but masks only the positives of its own rows and knows no veto apart.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import torch

from domain_ft.embedding.cross_encoder import CrossEncoderVeto, load_cross_encoder
from domain_ft.embedding.data import read_negative_pool
from domain_ft.embedding.examples import OTHER_ANCHOR, Column, Rows
from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.models import encode_texts, weights_digest
from domain_ft.embedding.prefixes import column_prefixes
from domain_ft.embedding.settings import RANKING, TrainingSettings
from domain_ft.embedding.version import MINING
from domain_ft.mining.nearest import Bounds, Veto, near_candidates, pick_first
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import is_sound, publish_folder, write_json
from domain_ft.store.vectors import FloatArray

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

_FILE = "negatives.json"
_CODE_VERSION = 2
_NOT_OF_ONE_MINING = frozenset({"hard_negatives", "hard_negatives_every", "hard_negatives_cross_encoder"})


@dataclass(frozen=True)
class MinedNegatives:
    """Per triplet the number of the passage that was mined (None: none keeps to the bounds), and what was left out."""

    passages: tuple[int | None, ...]
    within_margin: int
    """Passages in the range of ranks that are too near to the positive."""
    vetoed: int
    seconds: float = field(compare=False)
    """How long it took when it was mined."""


class HardNegatives:
    """Mines for the triplets of one training."""

    def __init__(self, job: EmbeddingJob, settings: TrainingSettings, rows: Rows, device: str) -> None:
        self._job, self._settings, self._device = job, settings, device
        self._rows, self._asks, self._finds = rows, *columns_asked(settings)
        self.column = "negative" if self._asks == "anchor" else OTHER_ANCHOR
        self.pool = read_negative_pool(job.dataset, job.raw, rows, self._asks)

    @property
    def passages(self) -> tuple[str, ...]:
        """All that may become a negative."""
        return self.pool.passages

    @cached_property
    def own(self) -> Column:
        """The negatives that the triplets had before."""
        return self._rows.get(self.column) or [None] * len(self._rows["anchor"])

    def mine(self, model: "SentenceTransformer") -> MinedNegatives:
        """What the model finds nearest now: from disk, else mined; each distinct text is encoded once."""
        folder = Home(self._job.home).hard_negatives(self._job.domain) / self._name(model)
        if is_sound(folder):
            os.utime(folder)
        else:
            publish_folder(folder, self._writer(model))
        content = json.loads((folder / _FILE).read_bytes())
        return MinedNegatives(**{**content, "passages": tuple(content["passages"])})

    def rows_with(self, mined: MinedNegatives) -> Rows:
        """The triplets with what was mined; where nothing was, a triplet's own negative stays."""
        return {**self._rows, self.column: self.negatives(mined)}

    def negatives(self, mined: MinedNegatives) -> Column:
        """The negative of each triplet."""
        pairs = zip(mined.passages, self.own, strict=True)
        return [own if number is None else self.passages[number] for number, own in pairs]

    def _mine(self, model: "SentenceTransformer") -> MinedNegatives:
        began = time.monotonic()
        settings, prefixes = self._settings, column_prefixes(self._job.made_from, self._job.prefixes)
        asked, found = (cast("list[str]", self._rows[name]) for name in (self._asks, self._finds))
        bounds = Bounds(
            settings.hard_negatives_margin, settings.hard_negatives_range_min, settings.hard_negatives_range_max
        )
        encoded = _encoded(model, {*found, *self.passages}, prefixes[self._finds])
        queries = _encoded(model, set(asked), prefixes[self._asks])(asked)
        candidates = near_candidates(queries, encoded(found), encoded(self.passages), self.pool.may, bounds)
        picked = pick_first(candidates, self._veto(asked, found))
        return MinedNegatives(picked.passages, candidates.within_margin, picked.vetoed, time.monotonic() - began)

    def _veto(self, asked: list[str], found: list[str]) -> Veto | None:
        if self._cross_encoder is None:
            return None
        margin = self._settings.hard_negatives_cross_encoder_margin
        return CrossEncoderVeto(self._cross_encoder, asked, found, self.passages, margin)

    @cached_property
    def _cross_encoder(self) -> "CrossEncoder | None":
        found = self._job.cross_encoder
        return None if found is None else load_cross_encoder(found.path, self._device)

    def _writer(self, model: "SentenceTransformer") -> Callable[[Path], dict[str, Any]]:
        def write(folder: Path) -> dict[str, Any]:
            write_json(folder / _FILE, asdict(self._mine(model)))
            return {"kind": "hard_negatives", "dataset": self._job.dataset_digest}

        return write

    def _name(self, model: "SentenceTransformer") -> str:
        """All that the outcome depends on: weights, triplets and what relates them, bounds, veto, texts' form."""
        job, settings = self._job, self._settings
        return short(
            sha256_json({
                "weights": weights_digest(model),
                "base": job.base.sha256,
                "dataset": job.dataset_digest,
                "raw": job.raw.name,
                "asks": self._asks,
                "settings": settings.model_dump(mode="json", include=set(MINING - _NOT_OF_ONE_MINING)),
                "cross_encoder": job.cross_encoder.sha256 if job.cross_encoder else None,
                "prefixes": [job.query_prefix, job.passage_prefix],
                "max_seq_length": settings.max_seq_length,
                "device": self._device,
                "torch": torch.__version__,
                "code": _CODE_VERSION,
            })
        )  # fmt: skip


def columns_asked(settings: TrainingSettings) -> tuple[Literal["anchor", "positive"], Literal["anchor", "positive"]]:
    """Which column of the triplets asks, and which is found: a loss that ranks anchors alone has positives ask."""
    turned = settings.loss in RANKING and settings.direction == "positive_to_anchor"
    return ("positive", "anchor") if turned else ("anchor", "positive")


def _encoded(model: "SentenceTransformer", texts: set[str], prefix: str) -> Callable[[Any], FloatArray]:
    """Encode some texts; what comes back gives the embeddings of any of them."""
    distinct = sorted(texts)
    vectors = encode_texts(model, [prefix + text for text in distinct])
    place = {text: number for number, text in enumerate(distinct)}
    return lambda asked: vectors[[place[text] for text in asked]]
