"""What a dataset of pairs lets slip from one split into another, counted from its rows alone.

The report is computed from the finished dataset and shares no step with the grouping and splitting that it checks.
"""

from dataclasses import dataclass

import polars as pl

from domain_ft.splits.leakage import Leakage
from domain_ft.store.tables import map_distinct
from domain_ft.texts.near_duplicates import near_duplicates
from domain_ft.words import normalized


@dataclass(frozen=True)
class PairLeakage(Leakage):
    """Counts of what must not be; all zero in a clean dataset."""

    pairs_in_two_splits: int
    """Pairs that the table of pairs, or the triplets, put into more than one split."""
    groups_in_two_splits: int
    """Documents with pairs in more than one split."""
    queries_in_two_splits: int
    """Queries, equal after normalization, in more than one split."""
    passages_in_two_splits: int
    """Passages, equal after normalization, that answer queries of more than one split."""
    held_out_passages_as_negatives: int
    """Triplets whose negative is a passage of another split."""
    near_queries_in_two_splits: int
    """Pairs of queries, nearly equal, of different splits."""
    near_passages_in_two_splits: int
    """Pairs of texts, nearly equal, of which one is a passage and the other a passage or negative of another split."""


def pair_leakage(placed: pl.DataFrame, triplets: pl.DataFrame, near_duplicate: float) -> PairLeakage:
    """Count the leaks of a dataset.

    `placed`: pair_id, group, query, passage, context, split (null = left out). `triplets`: anchor, positive, negative,
    pair_id, split. Texts are nearly equal from this Jaccard similarity on.
    """
    placed = placed.filter(pl.col("split").is_not_null())
    answers = pl.concat([placed.select("split", text=side) for side in ("passage", "context")]).drop_nulls()
    passages = _alike(pl.concat([answers, triplets.select("split", text="positive")]))
    queries = _alike(pl.concat([placed.select("split", text="query"), triplets.select("split", text="anchor")]))
    negatives = _alike(triplets.select("split", text="negative").drop_nulls())
    return PairLeakage(
        pairs_in_two_splits=_in_two_splits(
            pl.concat([placed.select("split", text="pair_id"), triplets.select("split", text="pair_id")])
        ),
        groups_in_two_splits=_in_two_splits(placed.select("split", text="group").drop_nulls()),
        queries_in_two_splits=_in_two_splits(queries),
        passages_in_two_splits=_in_two_splits(passages),
        held_out_passages_as_negatives=_elsewhere(passages, negatives),
        near_queries_in_two_splits=_near_in_two_splits(queries, queries, near_duplicate),
        near_passages_in_two_splits=_near_in_two_splits(passages, pl.concat([passages, negatives]), near_duplicate),
    )


def _alike(texts: pl.DataFrame) -> pl.DataFrame:
    """Texts with their split, each in the form in which it counts as the same."""
    return texts.with_columns(map_distinct(texts["text"], normalized, pl.String).alias("text"))


def _in_two_splits(members: pl.DataFrame) -> int:
    return members.group_by("text").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1).height


def _elsewhere(passages: pl.DataFrame, negatives: pl.DataFrame) -> int:
    home = passages.group_by("text").agg(home=pl.col("split").unique())
    return negatives.join(home, on="text").filter(~pl.col("home").list.contains(pl.col("split"))).height


def _near_in_two_splits(held: pl.DataFrame, seen: pl.DataFrame, near_duplicate: float) -> int:
    """Pairs of near duplicates of which one is held in a split and the other is seen in another one."""
    homes, uses = (dict(texts.group_by("text").agg(pl.col("split").unique()).iter_rows()) for texts in (held, seen))
    texts = sorted(uses)

    def leaks(one: str, other: str) -> bool:
        return any(home != use for home in homes.get(one, ()) for use in uses[other])

    near = ((texts[i], texts[j]) for i, j in near_duplicates(texts, near_duplicate))
    return sum(leaks(one, other) or leaks(other, one) for one, other in near)
