"""The metrics by name: what is measured of which kind of data, and what people call it."""

from collections.abc import Mapping
from typing import Literal, get_args

HistoryMetric = Literal["map", "mrr_at_10", "recall_at_10", "ndcg_at_10", "apfd"]
"""Of tests in the order of a change: all that it concerns are to come early."""
PairMetric = Literal[
    "accuracy_at_1", "accuracy_at_5", "accuracy_at_10", "mrr_at_10", "recall_at_5", "recall_at_10", "ndcg_at_10",
    "map_at_100",
]  # fmt: skip
"""Of passages found for a query: a person looks at the first few."""
HISTORY_METRICS: tuple[HistoryMetric, ...] = get_args(HistoryMetric)
PAIR_METRICS: tuple[PairMetric, ...] = get_args(PairMetric)

METRIC_LABELS: Mapping[str, str] = {
    "map": "MAP",
    "accuracy_at_1": "accuracy@1",
    "accuracy_at_5": "accuracy@5",
    "accuracy_at_10": "accuracy@10",
    "mrr_at_10": "MRR@10",
    "recall_at_5": "recall@5",
    "recall_at_10": "recall@10",
    "ndcg_at_10": "nDCG@10",
    "map_at_100": "MAP@100",
    "apfd": "APFD",
    "normalized_apfd": "normalized APFD",
    "apfdc": "APFDc",
    "recall_at_time_5": "recall at 5 % of time",
    "recall_at_time_10": "recall at 10 % of time",
    "recall_at_time_20": "recall at 20 % of time",
    "recall_at_time_50": "recall at 50 % of time",
    "triplet_accuracy": "triplet accuracy",
    "similarity_relevant": "similarity, relevant",
    "similarity_unaffected": "similarity, unaffected",
    "similarity_gap": "similarity gap",
    "general_ability": "general ability",
}
"""How metrics are called where people read them."""
