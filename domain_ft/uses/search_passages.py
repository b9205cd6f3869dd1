"""Searching a domain's passages, with the model in use: the index is made first where there is none, and one that was
made with another model is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from domain_ft.amounts import counted
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import DomainFtError
from domain_ft.newest import newest_raw
from domain_ft.passage_index.passage_index import Answer, PassageIndex, open_folder
from domain_ft.passage_index.query import Asked, readable
from domain_ft.progress import Progress, silent
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, pointed
from domain_ft.store.vectors import FloatArray
from domain_ft.uses.index_passages import IndexResult, index_passages
from domain_ft.uses.score_strangers import StrangerScore, detector_notes, stranger_score
from domain_ft.uses.used_model import UsedModel, exported_model, model_in_use


@dataclass(frozen=True)
class PassageSearch:
    """A domain's index and model, opened once, for one query after the other."""

    domain: EmbeddingDomain
    home: Home
    index: PassageIndex
    model: UsedModel
    notes: tuple[str, ...] = ()
    """What a person should know of all that is found."""

    def search(self, asked: Asked) -> Answer:
        """The best passages for a query; InputError for an empty one, or a part that is not there."""
        return self.index.search(asked, self.encode_query)

    def strangeness(self, answer: Answer) -> tuple[StrangerScore | None, str | None]:
        """How strange an answer's query is to the domain, and what to say of it; None without an embedding, or without
        a detector for this model. A search never fails for want of it."""
        if answer.vector is None:
            return None, None
        try:
            scored = stranger_score(self.domain, self.home, answer.vector[None], used=self.model)
        except DomainFtError as error:
            return None, f"whether the query is a stranger is not known: {error}"
        if scored is None:
            return None, None
        [score] = scored
        if not score.is_stranger:
            return score, None
        said = f"the query is strange to {self.domain.name} ({score.told}): what was found may not be about it"
        return score, said

    def detector_notes(self) -> tuple[str, ...]:
        """What has changed since the detector was fitted; a damaged one is told where a query is scored."""
        try:
            return detector_notes(self.domain, self.home, self.model)
        except DomainFtError:
            return ()

    def similar(self, named: str, k: int, part: str | None = None) -> Answer:
        """The passages nearest to one of them, named by its id, or to a text as if it were one.

        Whoever asks what is like a text wants others: those that say the same are left out in both forms, and a note
        names them (`domain-ft duplicates` lists all copies).
        """
        row = self.index.table.row_of(named)
        if row is not None:
            return self.index.similar_to(row, k, part)
        text, notes = readable(named, self.index.settings.longest_query)
        found = self.index.like(text, self._encode_passage(text), k, part)
        note = f"no passage is called {text!r}: what is like this text is shown" if " " not in text else None
        return replace(found, notes=(*notes, *([note] if note else []), *found.notes))

    def encode_query(self, text: str) -> FloatArray:
        """A query's embedding (d), by the model's ONNX export where there is one: that needs no torch."""
        return self._asking.encode_query(text)

    def _encode_passage(self, text: str) -> FloatArray:
        own: FloatArray = self.model.encode([self.model.prefixes.passage + text])[0]
        return own

    @cached_property
    def _asking(self) -> UsedModel:
        export = self.home.exports(self.domain.name) / f"{self.model.name}-onnx-int8"
        own = self.model.kind in ("champion", "version")
        if own and is_published(export) and find_spec("onnxruntime") is not None:
            return exported_model(self.home, export)
        return self.model

    def as_json(self) -> dict[str, Any]:
        """What every answer of this search has in common."""
        return {
            "domain": self.domain.name,
            "index": self.index.folder.name,
            "model": self.model.name,
            "passages": self.index.manifest["passages"],
            "vector_weight": self.index.vector_weight,
        }


def open_search(domain: EmbeddingDomain, home: Home, *, progress: Progress = silent) -> PassageSearch:
    """The index in use, made first where there is none yet.

    DomainFtError where it was made with another model than the one in use, or is damaged; one of older passages is
    used, and says so.
    """
    mend = f"run domain-ft index {domain.name}"
    notes = list[str]()
    folder = pointed(home.indexes(domain.name) / "current")
    if folder is None:
        made = index_passages(domain, home, progress=progress)
        folder = made.path
        notes.append(_made_first(made))
    index, model = open_folder(folder, mend), model_in_use(domain, home)
    made_with = index.manifest["model"]
    if made_with["identity"] != model.identity:
        other = made_with["name"] if made_with["name"] != model.name else "it in another form"
        raise DomainFtError(
            f"the index of {domain.name} was made with {other}, and {model.name} is in use, so that no distance in it "
            f"means anything; {mend}"
        )
    notes += [model.note] if model.note else []
    notes += _older(domain, home, index, mend)
    return PassageSearch(domain, home, index, model, tuple(notes))


def _made_first(made: IndexResult) -> str:
    seconds = made.manifest["seconds"]["total"]
    return (
        f"there was no index yet: making one of {counted(made.manifest['passages'], 'passages')} took {seconds:.1f} s"
    )


def _older(domain: EmbeddingDomain, home: Home, index: PassageIndex, mend: str) -> Sequence[str]:
    """That passages have landed since, or that settings are others now."""
    notes = []
    raw: Path = newest_raw(domain, home)
    if raw.name != index.manifest["raw"]:
        notes.append(f"other passages have landed since the index was made: {mend}")
    if domain.index.model_dump(mode="json") != index.manifest["settings"]:
        notes.append(f"the settings of the index have changed since it was made: {mend}")
    return notes
