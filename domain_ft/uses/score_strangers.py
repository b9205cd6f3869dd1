"""How strange queries are to a domain, by the detector that is published; and whether it still fits what is there.

What it says is a note beside an answer, never a refusal: a stranger may be a new part of the domain, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from domain_ft.amounts import counted
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, read_content, verify_folder
from domain_ft.store.vectors import FloatArray
from domain_ft.uses.detect_strangers import CONTENT, DETECTOR_VERSION, DISTANCE, VALIDATION
from domain_ft.uses.used_model import UsedModel, model_in_use

if TYPE_CHECKING:
    from domain_ft.out_of_distribution.distances import Distance, Scores


@dataclass(frozen=True)
class StrangerScore:
    """How strange a query is to a domain."""

    score: float
    threshold: float
    p_value: float
    """(1 + `as_strange`) / (1 + `held_out`): never 0, for the query itself might have been one of the domain's own."""
    is_stranger: bool
    as_strange: int
    """Of the domain's own queries that were held out to set the threshold, those at least as strange."""
    held_out: int
    """All of those queries."""

    def as_json(self) -> dict[str, Any]:
        return {
            "score": round(self.score, 6),
            "threshold": round(self.threshold, 6),
            "p_value": round(self.p_value, 6),
            "stranger": self.is_stranger,
        }

    @property
    def told(self) -> str:
        """How many of the domain's own are as strange, as a sentence's part."""
        some = f"{self.as_strange:,}" if self.as_strange else "none"
        verb = "are" if self.as_strange > 1 else "is"
        return f"{some} of its {counted(self.held_out, 'held-out queries')} {verb} as strange"


def stranger_score(
    domain: EmbeddingDomain, home: Home, vectors: FloatArray, *, used: UsedModel | None = None
) -> tuple[StrangerScore, ...] | None:
    """How strange queries with these embeddings (n, d) are; None where no detector was fitted, or one for another
    model than the one in use (or `used`), whose embeddings say nothing of these."""
    from domain_ft.out_of_distribution.detector import as_strange, p_values

    fitted = _published(domain, home)
    if fitted is None or fitted.content["model"]["identity"] != (used or model_in_use(domain, home)).identity:
        return None
    scores, threshold = fitted.distance(vectors), fitted.content["threshold"]
    shares, counts = p_values(scores, fitted.validation_scores), as_strange(scores, fitted.validation_scores)
    return tuple(
        StrangerScore(score, threshold, p_value, score > threshold, count, len(fitted.validation_scores))
        for score, p_value, count in zip(scores.tolist(), shares.tolist(), counts.tolist(), strict=True)
    )


def detector_notes(domain: EmbeddingDomain, home: Home, used: UsedModel) -> tuple[str, ...]:
    """What has changed since the published detector was fitted, each with the mend; none where none is published.

    Other domains that have landed since add figures to its report, and change no score: they are not told.
    """
    fitted = _published(domain, home)
    if fitted is None:
        return ()
    content, dataset = fitted.content, pointed(home.triplets(domain.name) / "current")
    notes = []
    if content["model"]["identity"] != used.identity:
        other = content["model"]["name"] if content["model"]["name"] != used.name else "it in another form"
        notes.append(
            f"no query is scored: the detector of strangers was fitted with {other}, and {used.name} is in use"
        )
    if dataset is not None and dataset.name != content["dataset"]:
        notes.append("the detector of strangers was fitted on another dataset than the one that is there now")
    if domain.out_of_distribution.model_dump(mode="json") != content["settings"]:
        notes.append("the settings of the detector of strangers have changed since it was fitted")
    if content.get("version") != DETECTOR_VERSION:
        notes.append("the detector of strangers was fitted by another version of domain-ft")
    return tuple(f"{note}: {_mend(domain)}" for note in notes)


@dataclass(frozen=True)
class _Fitted:
    content: Mapping[str, Any]
    distance: "Distance"
    validation_scores: "Scores"


def _mend(domain: EmbeddingDomain) -> str:
    return f"run domain-ft strangers {domain.name}"


def _published(domain: EmbeddingDomain, home: Home) -> _Fitted | None:
    """The detector in use; None where there is none yet, DomainFtError where it is damaged."""
    folder = pointed(home.out_of_distribution(domain.name) / "current")
    return _opened(folder, _mend(domain)) if folder is not None else None


@lru_cache(maxsize=4)
def _opened(folder: Path, mend: str) -> _Fitted:
    """A published detector; a folder's name is the digest of what it holds, so it is read once."""
    from domain_ft.out_of_distribution.distances import load_distance

    try:
        verify_folder(folder)
    except DomainFtError as error:
        raise DomainFtError(f"{error}: {mend}") from None
    validation = np.load(folder / VALIDATION, allow_pickle=False)
    return _Fitted(read_content(folder, CONTENT, mend), load_distance(folder / DISTANCE), validation)
