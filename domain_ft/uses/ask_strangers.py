"""Queries scored by a domain's detector of strangers; where there is none for the model in use, it is fitted first."""

from typing import Any

from domain_ft.domain import EmbeddingDomain
from domain_ft.progress import Progress, silent
from domain_ft.store.home import Home
from domain_ft.uses.detect_strangers import detect_strangers
from domain_ft.uses.listed_texts import ListedTexts, embeddings_of
from domain_ft.uses.score_strangers import detector_notes, stranger_score
from domain_ft.uses.used_model import model_in_use


def ask_strangers(
    domain: EmbeddingDomain, home: Home, asked: ListedTexts, *, progress: Progress = silent
) -> dict[str, Any]:
    """The keys of `domain-ft strangers TEXT --json`: each query, in its order, with its score; InputError where there
    is neither a detector nor a dataset to fit one on."""
    used = model_in_use(domain, home)
    vectors = embeddings_of(asked, used, progress)
    scores = stranger_score(domain, home, vectors, used=used)
    notes = [note for note in (used.note, *asked.notes) if note]
    if scores is None:
        fitted = detect_strangers(domain, home, used=used, progress=progress)
        notes = [*dict.fromkeys([*fitted.notes, *notes]), f"the detector was fitted now: {fitted.headline}"]
        scores = stranger_score(domain, home, vectors, used=used)
    notes += detector_notes(domain, home, used)
    results = [
        {"id": name, "text": text, **score.as_json()}
        for name, text, score in zip(asked.names, asked.texts, scores or (), strict=True)
    ]
    return {
        "domain": domain.name,
        "model": {"name": used.name, "kind": used.kind},
        "asked": len(results),
        "strangers": sum(result["stranger"] for result in results),
        "results": results,
        "notes": notes,
    }
