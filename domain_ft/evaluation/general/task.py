"""A retrieval task on everyday sentences: what training on one domain must not cost.

`sentences.tsv` was written for this project: each row has a sentence, a paraphrase that shares few words with it, and
another sentence that shares some and means something else. Each of the first two is a query for its partner, among
all partners and all the other sentences. Both queries of a row are one cluster.
"""

from functools import cache
from importlib.resources import files

import numpy as np

from domain_ft.evaluation.task import Pairs, RetrievalTask

METRICS = ("accuracy_at_10", "mrr_at_10")
_SENTENCES = "sentences.tsv"


@cache
def general_task() -> RetrievalTask:
    """The task; its items are sentences, others, paraphrases, so that each query's corpus is one run of them."""
    sentences, paraphrases, others = zip(*_rows(), strict=True)
    n = len(sentences)
    row = np.arange(n)
    return RetrievalTask(
        query_ids=tuple(f"{kind}{number}" for kind in ("sentence", "paraphrase") for number in row),
        query_texts=sentences + paraphrases,
        clusters=np.concatenate([row, row]),
        item_ids=tuple(f"{kind}{number}" for kind in ("sentence", "other", "paraphrase") for number in row),
        item_texts=sentences + others + paraphrases,
        first=np.repeat([n, 0], n),
        stop=np.repeat([3 * n, 2 * n], n),
        relevant=Pairs(np.arange(2 * n), np.concatenate([2 * n + row, row])),
        unaffected=Pairs(np.arange(0), np.arange(0)),
        slices={},
        counts={"queries": 2 * n, "ranked": 2 * n},
        metrics=METRICS,
    )


def _rows() -> list[list[str]]:
    text = files(__package__).joinpath(_SENTENCES).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]
