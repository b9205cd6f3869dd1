"""The evaluation file beside the test split: queries that people have judged, asked in the corpus of the domain.

Whatever a model was trained or chosen on is left out and counted, be it word for word or nearly so: whoever made the
file may have taken a question from the manuals' own pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.pairs_task import pairs_task
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.texts.near_duplicates import near_duplicates
from domain_ft.words import normalized

_SPLIT = "curated"


@dataclass(frozen=True)
class EvaluationFile:
    """A file of judged pairs as it was read."""

    name: str
    sha256: str
    pairs: pl.DataFrame


@dataclass(frozen=True)
class CuratedTask:
    """The file's retrieval task."""

    file: EvaluationFile
    task: RetrievalTask
    counts: Mapping[str, int]
    """Of its rows: how many there are, were left out for their query, are asked; and how many passages a model was
    trained on with another query, which is fair but worth knowing."""


def curated_task(
    file: EvaluationFile, pairs: pl.DataFrame, seen: frozenset[str], targets: tuple[str, ...], near_duplicate: float
) -> CuratedTask:
    """The task of a file's queries among all passages of `pairs` and its own.

    `pairs` are all that landed, `seen` those of them that a model knows. DomainFtError where no query is left.
    """
    known = pairs.filter(pl.col("pair_id").is_in(list(seen)))
    repeated = _known_queries(file.pairs["query"].to_list(), known["query"].to_list(), near_duplicate)
    kept = file.pairs.filter(~pl.col("query").is_in(list(repeated)))
    if not kept.height:
        raise DomainFtError(
            f"{file.name}: every query of the evaluation file stands in what a model was trained on, so it cannot be "
            "judged by it; write queries of its own"
        )
    trained = {normalized(text) for side in ("passage", "context") for text in known[side].drop_nulls()}
    units = pl.Series([group or normalized(text) for group, text in kept.select("group", "passage").iter_rows()])
    placed = kept.select("pair_id", unit=units, split=pl.lit(_SPLIT))
    everything = pl.concat([kept, pairs]).unique("pair_id", keep="first", maintain_order=True)
    task = pairs_task(everything, placed, _SPLIT, targets)
    counts = {
        "rows": file.pairs.height,
        "left_out": file.pairs.height - kept.height,
        "queries": len(task.ranked),
        "passages_trained_on": sum(normalized(text) in trained for text in kept["passage"]),
    }
    return CuratedTask(file, replace(task, slices={}), counts)


def _known_queries(queries: list[str], known: list[str], near_duplicate: float) -> set[str]:
    """Those of the queries that are equal to a known one, but for case and space, or nearly equal."""
    asked, trained = dict.fromkeys(map(normalized, queries)), dict.fromkeys(map(normalized, known))
    texts = [*asked, *(text for text in trained if text not in asked)]
    alike = [(texts[i], texts[j]) for i, j in near_duplicates(texts, near_duplicate)]
    found = {one for pair in alike for one, other in (pair, pair[::-1]) if one in asked and other in trained}
    found |= {text for text in asked if text in trained}
    return {query for query in queries if normalized(query) in found}
