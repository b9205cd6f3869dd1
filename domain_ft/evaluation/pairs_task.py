"""The retrieval task of query-passage pairs: rank the passages of the whole domain for each held-out query."""

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from domain_ft.evaluation.metric_names import PAIR_METRICS
from domain_ft.evaluation.task import BoolArray, IntArray, Pairs, RetrievalTask
from domain_ft.store.tables import map_distinct
from domain_ft.words import normalized


def pairs_task(
    pairs: pl.DataFrame,
    placed: pl.DataFrame,
    split: str,
    targets: Sequence[str],
    *,
    exclude: frozenset[str] = frozenset(),
) -> RetrievalTask:
    """The retrieval task of one split: a query per distinct text and target, the corpus all passages of that target.

    `pairs` are all that landed (see `domain_ft.pairs.tables`), `placed` has pair_id, unit and split of those in the
    dataset. Texts that differ in case and white space alone are one; relevant are all passages that stand beside a
    query in some row. Queries of one unit (a document, or what is connected by shared texts) are one cluster.
    """
    known = pairs.join(placed.select("pair_id", "unit", "split"), on="pair_id", how="left")
    said = pl.concat([_said(known, target) for target in targets])
    items = _items(said)
    chosen = said.filter(pl.col("split") == split)
    kept = chosen.filter(~pl.col("pair_id").is_in(list(exclude)))
    queries = kept.unique(["target", "query_key"], keep="first", maintain_order=True).sort("target", "query_key")
    queries = queries.select("target", "query_key", "query", "unit").with_row_index("number").cast({"number": pl.Int64})
    bounds = items.group_by("target").agg(first=pl.col("item").min(), stop=pl.col("item").max() + 1)
    queries = queries.join(bounds, on="target", maintain_order="left")
    relevant = _pairs(said, "passage_key", queries, items)
    unaffected = _without(_pairs(said, "negative_key", queries, items), relevant)
    sub_domain = (
        said.filter(pl.col("sub_domain").is_not_null()).group_by("target", "query_key").agg(pl.col("sub_domain").min())
    )
    by_target = _slices(relevant, queries["target"]) if len(targets) > 1 else {}
    of_query = queries.join(sub_domain, on=["target", "query_key"], how="left", maintain_order="left")
    return RetrievalTask(
        query_ids=tuple(f"{target}/{key}" for target, key in _ids(queries, kept)),
        query_texts=tuple(queries["query"]),
        clusters=_clusters(queries["unit"]),
        item_ids=tuple(items["item_id"]),
        item_texts=tuple(items["text"]),
        first=queries["first"].to_numpy(),
        stop=queries["stop"].to_numpy(),
        relevant=relevant,
        unaffected=unaffected,
        slices=by_target | _named_apart(_slices(relevant, of_query["sub_domain"]), by_target),
        counts={
            "queries": chosen.select("target", "query_key").n_unique(),
            "ranked": queries.height,
            "excluded": chosen.select("target", "query_key").n_unique() - queries.height,
        },
        metrics=PAIR_METRICS,
    )


def _said(pairs: pl.DataFrame, target: str) -> pl.DataFrame:
    """Each pair that has this target, with the forms in which its texts count as the same."""
    rows = pairs.filter(pl.col(target).is_not_null()).select(
        "pair_id", "unit", "split", "sub_domain", "query", "negative", passage=target, target=pl.lit(target)
    )
    return rows.with_columns(
        map_distinct(rows[side], normalized, pl.String).alias(f"{side}_key")
        for side in ("query", "passage", "negative")
    )


def _items(said: pl.DataFrame) -> pl.DataFrame:
    """The distinct passages, numbered by target and text: item, target, key, text, item_id."""
    distinct = said.unique(["target", "passage_key"], keep="first", maintain_order=True).sort("target", "passage_key")
    numbered = distinct.select("target", "pair_id", key="passage_key", text="passage").with_row_index("item")
    return numbered.with_columns(pl.col("item").cast(pl.Int64), item_id=pl.format("{}/{}", "target", "pair_id"))


def _pairs(said: pl.DataFrame, side: str, queries: pl.DataFrame, items: pl.DataFrame) -> Pairs:
    """The pairs (query, item) of all rows whose query is asked, sorted."""
    rows = said.select("target", "query_key", key=side).drop_nulls().unique()
    found = rows.join(queries.select("target", "query_key", "number"), on=["target", "query_key"]).join(
        items.select("target", "key", "item"), on=["target", "key"]
    )
    found = found.sort("number", "item")
    return Pairs(found["number"].to_numpy(), found["item"].to_numpy())


def _without(pairs: Pairs, others: Pairs) -> Pairs:
    known = set(zip(others.query.tolist(), others.item.tolist(), strict=True))
    keep = np.array([pair not in known for pair in zip(pairs.query.tolist(), pairs.item.tolist(), strict=True)], bool)
    return Pairs(pairs.query[keep], pairs.item[keep])


def _ids(queries: pl.DataFrame, kept: pl.DataFrame) -> list[tuple[str, str]]:
    """A query is named after the first of the pairs that ask it."""
    first = kept.group_by("target", "query_key").agg(pl.col("pair_id").min())
    named = queries.join(first, on=["target", "query_key"], how="left", maintain_order="left")
    return list(named.select("target", "pair_id").iter_rows())


def _clusters(units: pl.Series) -> IntArray:
    numbers: IntArray = units.rank("dense").cast(pl.Int64).to_numpy() - 1
    return numbers


def _slices(relevant: Pairs, of_query: pl.Series) -> dict[str, BoolArray]:
    """A mask over the relevant pairs for each value of a column over the queries; of one value alone there is none."""
    values = of_query.drop_nulls().unique().sort().to_list()
    numbers = of_query.to_numpy()
    return {str(value): numbers[relevant.query] == value for value in values} if len(values) > 1 else {}


def _named_apart(slices: dict[str, BoolArray], others: Collection[str]) -> dict[str, BoolArray]:
    """The slices of sub-domains; one that is called like another slice says what it is."""
    return {f"sub-domain {name}" if name in others else name: mask for name, mask in slices.items()}
