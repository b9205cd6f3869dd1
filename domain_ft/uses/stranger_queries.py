"""The queries that a detector of strangers is fitted to and measured on: a domain's own, split by split, and those of
other sources in two halves, of which the choice sees one and the figures the other."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from domain_ft.domain import EmbeddingDomain
from domain_ft.drawn import drawn
from domain_ft.progress import Progress
from domain_ft.store.digests import sha256_json
from domain_ft.store.home import Home
from domain_ft.uses.unlearned import unlearned_task
from domain_ft.uses.used_model import UsedModel
from domain_ft.words import normalized

if TYPE_CHECKING:
    from domain_ft.out_of_distribution.detector import Embedded, OwnQueries, Strangers

EVERYDAY = "everyday_sentences"
"""The packaged sentences, as a source of strangers that is always there."""
MOST_HELD_OUT = 20_000
"""Of more queries of a held-out split a sample is scored: each of them is compared with each stranger."""


def own_queries(
    domain: EmbeddingDomain, home: Home, used: UsedModel, dataset: Path, progress: Progress
) -> tuple["OwnQueries", frozenset[str], dict[str, dict[str, int]]]:
    """The queries of each split with their embeddings; all of them in the form in which texts count as the same; and
    what was left out of the held-out splits because the model has learned from it."""
    from domain_ft.out_of_distribution.detector import OwnQueries

    settings = domain.out_of_distribution
    texts, embedded, excluded = {}, {}, {}
    for split in ("train", "validation", "test"):
        models = {} if split == "train" else {"model": used}
        task, excluded[split] = unlearned_task(home, domain.name, dataset, split, models)
        said = {text: place for place, text in reversed(list(enumerate(task.query_texts))) if text.strip()}
        most = settings.most_training_queries if split == "train" else MOST_HELD_OUT
        texts[split] = drawn(sorted(said), most, settings.seed)
        clusters = task.clusters[[said[text] for text in texts[split]]] if texts[split] else task.clusters[:0]
        embedded[split] = _embedded(used, texts[split], clusters, progress, f"encode {split}")
    known = frozenset(normalized(text) for each in texts.values() for text in each)
    del excluded["train"]
    return OwnQueries(embedded["train"].vectors, embedded["validation"], embedded["test"]), known, excluded


def strange_queries(
    domain: EmbeddingDomain,
    home: Home,
    used: UsedModel,
    others: Sequence[EmbeddingDomain],
    known: frozenset[str],
    progress: Progress,
) -> dict[str, "Strangers"]:
    """Everyday sentences and the queries of other domains, none of which this domain asks, too, each in two halves."""
    from domain_ft.evaluation.general.task import general_task
    from domain_ft.out_of_distribution.detector import Strangers
    from domain_ft.uses.domain_texts import domain_texts

    settings, general = domain.out_of_distribution, general_task()
    sources: dict[str, list[tuple[str, str]]] = {
        EVERYDAY: [(text, str(row)) for text, row in zip(general.query_texts, general.clusters, strict=True)]
    }
    for other in others:
        sources[other.name] = [(text, text) for text in domain_texts(other, home).queries]
    made = {}
    for name, listed in sources.items():
        strange = [(text, unit) for text, unit in listed if normalized(text) not in known]
        halves = [
            drawn([each for each in strange if _half(each[1]) == half], settings.most_strangers, settings.seed)
            for half in (0, 1)
        ]
        if all(halves):
            made[name] = Strangers(*(_of_units(used, half, progress, f"encode {name}") for half in halves))
    return made


def _half(unit: str) -> int:
    """Which half a unit stands in, always the same."""
    return int(sha256_json(unit)[0], 16) % 2


def _of_units(used: UsedModel, rows: Sequence[tuple[str, str]], progress: Progress, step: str) -> "Embedded":
    texts, units = zip(*rows, strict=True)
    _, clusters = np.unique(np.array(units, dtype=object), return_inverse=True)
    return _embedded(used, texts, clusters, progress, step)


def _embedded(used: UsedModel, texts: Sequence[str], clusters: Any, progress: Progress, step: str) -> "Embedded":
    from domain_ft.out_of_distribution.detector import Embedded

    progress(step, 0, len(texts))
    vectors = used.encode_queries(texts)
    progress(step, len(texts), len(texts))
    return Embedded(vectors, clusters)
