"""From triplets to what a loss trains on: columns of texts in the order that it reads them, or labelled pairs.

A triplet of pairs may have no negative. What that means is a matter of the loss: one that ranks has a passage less to
rank, one that compares leaves the triplet out, and one that cannot learn without negatives is not started.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.errors import InputError
from domain_ft.words import normalized

Column = Sequence[str | None]
Rows = Mapping[str, Column]
"""Triplets as columns anchor, positive, negative; a negative may be None."""
OTHER_ANCHOR = "other_anchor"
"""Column of anchors that do not belong to the row's positive: mined where positives ask for anchors."""


@dataclass(frozen=True)
class Examples:
    """Columns of equal length in the order that the loss reads; `labels` has 1 for a positive pair, 0 for a negative.

    A missing negative is None: the loss gets the others of its batch.
    """

    columns: Rows
    labels: Sequence[int] | None = None
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.columns["anchor"])

    @property
    def unit(self) -> str:
        """What a row is."""
        return "triplets" if self.labels is None else "pairs"

    @property
    def anchors(self) -> Sequence[str]:
        """The anchors, of which none is missing."""
        return cast(Sequence[str], self.columns["anchor"])

    @property
    def partners(self) -> Sequence[str]:
        """What stands beside each anchor: its positive, or either kind of partner in labelled pairs."""
        return cast(Sequence[str], self.columns["positive" if self.labels is None else "other"])

    @property
    def negatives(self) -> Column | None:
        """What stands against each row, where anything does."""
        return self.columns.get("negative", self.columns.get(OTHER_ANCHOR))


def ranked(rows: Rows, settings: TrainingSettings) -> Examples:
    """(anchor, positive) with the negative, or (positive, anchor) with another anchor, where one was mined.

    What is asked comes first, then what is ranked.
    """
    if settings.direction == "positive_to_anchor":
        return Examples({name: rows[name] for name in ("positive", "anchor", *_other_anchor(rows))})
    if not settings.use_negative or not any(rows["negative"]):
        return Examples({"anchor": rows["anchor"], "positive": rows["positive"]})
    return Examples({name: rows[name] for name in ("anchor", "positive", "negative")})


def related(rows: Rows, settings: TrainingSettings) -> Examples:
    """(anchor, positive) with the negative where anchors ask, with another anchor where they are asked for alone."""
    if settings.direction == "positive_to_anchor":
        return Examples({name: rows[name] for name in ("anchor", "positive", *_other_anchor(rows))})
    with_negatives = settings.use_negative and any(rows["negative"])
    return Examples({name: rows[name] for name in ("anchor", "positive", *(["negative"] if with_negatives else []))})


def whole_triplets(rows: Rows, settings: TrainingSettings) -> Examples:
    """The triplets that have a negative; InputError where none has one."""
    whole = _with_negative(rows, settings)
    left_out = len(rows["negative"]) - len(whole)
    warning = f"{left_out:,} of {len(rows['negative']):,} triplets have no negative and were left out, as loss: triplet"
    columns = {name: [rows[name][number] for number in whole] for name in ("anchor", "positive", "negative")}
    return Examples(columns, warnings=(f"{warning} needs one",) if left_out else ())


def labelled_pairs(rows: Rows, settings: TrainingSettings) -> Examples:
    """Each distinct (anchor, positive) labelled 1 and (anchor, negative) labelled 0; InputError without a negative.

    Pairs whose texts are equal after normalization are one, and what is a positive pair is no negative one.
    """
    _with_negative(rows, settings)
    positives = _distinct(rows["anchor"], rows["positive"])
    negatives = {key: pair for key, pair in _distinct(rows["anchor"], rows["negative"]).items() if key not in positives}
    anchors, others = zip(*positives.values(), *negatives.values(), strict=True)
    return Examples({"anchor": anchors, "other": others}, [1] * len(positives) + [0] * len(negatives))


def _other_anchor(rows: Rows) -> list[str]:
    return [OTHER_ANCHOR] if any(rows.get(OTHER_ANCHOR, ())) else []


def _with_negative(rows: Rows, settings: TrainingSettings) -> list[int]:
    """The numbers of the rows that have a negative."""
    found = [number for number, text in enumerate(rows["negative"]) if text is not None]
    if not found:
        raise InputError(
            f"loss: {settings.loss} needs negatives, and none of the {len(rows['negative']):,} training triplets has "
            "one; map source.columns.negative, have them mined (triplets.negatives, or hard_negatives: model), or use "
            "multiple_negatives_ranking, which needs none"
        )
    return found


def _distinct(anchors: Column, others: Column) -> dict[tuple[str, str], tuple[str, str]]:
    """The pairs that have both texts, by their texts in the form in which they count as the same."""
    pairs = ((anchor, other) for anchor, other in zip(anchors, others, strict=True) if anchor and other)
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for anchor, other in pairs:
        found.setdefault((normalized(anchor), normalized(other)), (anchor, other))
    return found
