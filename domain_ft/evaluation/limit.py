"""A smaller retrieval task of the same kind, so that a training can afford to be judged while it runs."""

from dataclasses import replace

import numpy as np

from domain_ft.evaluation.task import BoolArray, Pairs, RetrievalTask


def limit_task(task: RetrievalTask, queries: int, *, items: int | None = None, seed: int = 42) -> RetrievalTask:
    """A smaller task of the same kind: at most `queries` ranked queries and as many unranked ones, chosen by `seed`.

    With `items`, the corpora keep every item that is relevant to or unaffected by a chosen query and a sample of
    the others, up to that many in all: figures are then higher than on the whole corpus, but fall and rise with it.
    """
    generator = np.random.default_rng(seed)
    unranked = np.setdiff1d(np.arange(len(task.query_ids)), task.ranked)
    keep = np.zeros(len(task.query_ids), dtype=bool)
    for group in (task.ranked, unranked):
        keep[generator.permutation(group)[:queries]] = True
    return _keep_items(_keep_queries(task, keep), items, generator)


def _keep_queries(task: RetrievalTask, keep: BoolArray) -> RetrievalTask:
    number = np.cumsum(keep) - 1
    mask = keep[task.relevant.query]

    def kept(pairs: Pairs) -> Pairs:
        inside = keep[pairs.query]
        return Pairs(number[pairs.query[inside]], pairs.item[inside])

    return replace(
        task,
        query_ids=tuple(np.array(task.query_ids, dtype=object)[keep]),
        query_texts=tuple(np.array(task.query_texts, dtype=object)[keep]),
        clusters=task.clusters[keep],
        first=task.first[keep],
        stop=task.stop[keep],
        relevant=kept(task.relevant),
        unaffected=kept(task.unaffected),
        slices={name: members[mask] for name, members in task.slices.items()},
    )


def _keep_items(task: RetrievalTask, most: int | None, generator: np.random.Generator) -> RetrievalTask:
    """Drop the items that no corpus holds and, beyond `most`, a random part of those that no pair names."""
    total = len(task.item_ids)
    edges = np.bincount(task.first, minlength=total + 1) - np.bincount(task.stop, minlength=total + 1)
    reached = np.cumsum(edges)[:total] > 0
    named = np.zeros(total, dtype=bool)
    named[np.concatenate([task.relevant.item, task.unaffected.item])] = True
    others = generator.permutation(np.flatnonzero(reached & ~named))
    keep = named.copy()
    keep[others if most is None else others[: max(0, most - int(named.sum()))]] = True
    before = np.concatenate([[0], np.cumsum(keep)])
    return replace(
        task,
        item_ids=tuple(np.array(task.item_ids, dtype=object)[keep]),
        item_texts=tuple(np.array(task.item_texts, dtype=object)[keep]),
        first=before[task.first],
        stop=before[task.stop],
        relevant=Pairs(task.relevant.query, before[task.relevant.item]),
        unaffected=Pairs(task.unaffected.query, before[task.unaffected.item]),
    )
