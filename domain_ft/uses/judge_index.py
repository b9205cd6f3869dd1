"""What an index is worth on held-out queries: which weight of the meaning validation prefers, what each way to search
finds on the test split, and whether the model of before found it better."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from domain_ft.domain import EmbeddingDomain
from domain_ft.domain_settings import HistoryDomainSettings
from domain_ft.errors import DomainFtError, InputError
from domain_ft.passage_index.build import Clock, encoded
from domain_ft.passage_index.fuse import PLAIN
from domain_ft.passage_index.judged import (
    CHOSEN_BY,
    METRICS,
    JudgedQueries,
    Order,
    Orders,
    find_orders,
    judged_queries,
    metrics_of,
    overlap,
    weigh,
    words_orders,
)
from domain_ft.passage_index.passage_table import PassageTable
from domain_ft.progress import Progress, silent
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, pointed
from domain_ft.store.vectors import FloatArray
from domain_ft.uses.unlearned import unlearned_task
from domain_ft.uses.used_model import Device, UsedModel, base_model, published_model

if TYPE_CHECKING:
    from domain_ft.evaluation.statistics import Resampling

Content = dict[str, Any]


@dataclass(frozen=True)
class IndexCase:
    """An index that is being made, and what it is compared with."""

    domain: EmbeddingDomain
    home: Home
    dataset: Path
    passages: pl.DataFrame
    table: PassageTable
    model: UsedModel
    previous: UsedModel | None
    """The model that the index before this one was made with, where it is another."""
    previous_weight: float = PLAIN
    progress: Progress = silent


def dataset_to_judge_on(domain: EmbeddingDomain, home: Home) -> Path | None:
    """The newest dataset; None where there is none yet."""
    return pointed(home.triplets(domain.name) / "current")


def model_of_index(
    domain: EmbeddingDomain, home: Home, named: Mapping[str, Any], device: Device
) -> tuple[UsedModel | None, str | None]:
    """The model that an index says it was made with, or why it cannot be had any more."""
    folder = home.models(domain.name) / str(named["name"])
    gone = f"not compared with the index before: its model {named['name']} is not there any more"
    try:
        if named["kind"] == "base":
            found = base_model(domain, home, device)
        elif is_published(folder):
            found = published_model(domain, home, folder, device)
        else:
            return None, gone
    except DomainFtError:
        return None, gone
    return (found, None) if found.identity == named["identity"] else (None, gone)


def chosen_weight(case: IndexCase) -> tuple[float, Content | None, str | None]:
    """The weight that validation prefers, the means that say so, and why where it is plain fusion for want of queries.

    Plain fusion stays unless another weight wins against it: the best of eleven is the best by chance, too. Queries
    that the model has learned from do not count.
    """
    from domain_ft.evaluation.statistics import compare
    from domain_ft.evaluation.verdict import judge

    judged, _ = _judged(case, "validation", (case.model,))
    if len(judged) == 0:
        return PLAIN, None, "the validation split has no query to choose the hybrid's weight on: plain fusion is used"
    orders = _orders(case, judged, case.model, _by_words(case, judged))
    weighed, settings = weigh(judged, orders, len(case.passages)), case.domain.benchmark
    difference = compare(weighed.of_best, weighed.of_plain, judged.clusters, _resampling(case))
    effect = case.domain.promotion.minimum_effect
    verdict = judge(difference, minimum_effect=effect, confidence=settings.confidence).verdict
    chosen = {"queries": len(judged), "metric": CHOSEN_BY, "best": weighed.best, "verdict": verdict}
    return weighed.best if verdict == "WIN" else PLAIN, {**chosen, "means": dict(weighed.means)}, None


def judge_index(case: IndexCase, vector_weight: float) -> Content | None:
    """What each way to search finds on the test split, with differences, and the model of before beside it; None where
    no query is left that neither model has learned from."""
    models = (case.model, case.previous) if case.previous is not None else (case.model,)
    judged, excluded = _judged(case, "test", models)
    if len(judged) == 0:
        return None
    by_words = _by_words(case, judged)
    new = _orders(case, judged, case.model, by_words)
    lists: dict[str, Sequence[Order]] = {
        "words": new.by_words,
        "vector": new.by_vector,
        "hybrid": new.hybrid(vector_weight),
    }
    compared = [("hybrid", "words"), ("hybrid", "vector")]
    shared = None
    if vector_weight != PLAIN:
        lists["plain_hybrid"] = new.hybrid(PLAIN)
        compared.append(("hybrid", "plain_hybrid"))
    if case.previous is not None:
        old = _orders(case, judged, case.previous, by_words)
        lists |= {"previous_vector": old.by_vector, "previous_hybrid": old.hybrid(case.previous_weight)}
        compared += [("vector", "previous_vector"), ("hybrid", "previous_hybrid")]
        shared = {name: overlap(lists[name], lists[f"previous_{name}"]) for name in ("vector", "hybrid")}
    return {
        "split": "test",
        "queries": len(judged),
        "clusters": len(set(judged.clusters.tolist())),
        "excluded": dict(excluded),
        "model": case.model.name,
        "previous": case.previous.name if case.previous else None,
        **_figures(case, judged, lists, compared),
        "overlap_at_10": shared,
    }


def undecided_note(case: IndexCase, judged: Content | None) -> tuple[str, ...]:
    """That no verdict can be other than INCONCLUSIVE, where the test split has too few clusters for one."""
    from domain_ft.evaluation.evidence import few_clusters
    from domain_ft.evaluation.vocabulary import vocabulary

    if judged is None:
        return ()
    kind = "history" if isinstance(case.domain.settings, HistoryDomainSettings) else "pairs"
    few = few_clusters(judged["clusters"], "test", case.domain.benchmark.confidence, vocabulary(kind))
    return (few,) if few else ()


def _figures(
    case: IndexCase, judged: JudgedQueries, lists: Mapping[str, Sequence[Order]], compared: list[tuple[str, str]]
) -> Content:
    from domain_ft.evaluation.comparison import difference_row, estimates
    from domain_ft.evaluation.statistics import compare

    settings, resampling = case.domain.benchmark, _resampling(case)
    values = {name: metrics_of(judged, orders, len(case.passages)) for name, orders in lists.items()}
    rows = []
    for pair in compared:
        for metric in METRICS:
            difference = compare(values[pair[0]][metric], values[pair[1]][metric], judged.clusters, resampling)
            if difference is not None:
                effect = case.domain.promotion.minimum_effect
                rows.append(asdict(difference_row(pair, metric, "all", difference, settings, effect)))
    arms = {name: estimates(each, judged.clusters, resampling) for name, each in values.items()}
    return {
        "arms": {name: {metric: asdict(one) for metric, one in each.items()} for name, each in arms.items()},
        "differences": rows,
    }


def _resampling(case: IndexCase) -> "Resampling":
    from domain_ft.evaluation.statistics import Resampling

    settings = case.domain.benchmark
    return Resampling(settings.resamples, settings.confidence, settings.seed)


def _judged(case: IndexCase, split: str, models: tuple[UsedModel, ...]) -> tuple[JudgedQueries, Mapping[str, int]]:
    """The queries of a split that none of the models has learned from."""
    named = dict(zip(("model", "previous"), models, strict=False))
    task, excluded = unlearned_task(case.home, case.domain.name, case.dataset, split, named)
    of_history = isinstance(case.domain.settings, HistoryDomainSettings)
    return judged_queries(task, case.passages, of_history=of_history), excluded


def _by_words(case: IndexCase, judged: JudgedQueries) -> list[Order]:
    depth = case.domain.index.depth
    return words_orders(judged, lambda text, part: case.table.matching(text, depth, part).rows)


def _orders(case: IndexCase, judged: JudgedQueries, model: UsedModel, by_words: list[Order]) -> Orders:
    queries: FloatArray = model.encode_queries(judged.texts)
    blocks = encoded(case.passages["text"].to_list(), model.encode_passages, Clock(), case.progress)
    return find_orders(judged, case.passages["part"], queries, blocks, by_words, case.domain.index.depth)


def require_passages(passages: pl.DataFrame, domain: str) -> None:
    """InputError where there is nothing to index."""
    if passages.is_empty():
        raise InputError(f"{domain} has no passage with a text in it; ingest files that have some")
