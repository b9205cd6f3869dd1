"""What a dataset lets slip from the builds it is judged on into those it learns from, counted from its rows alone.

The report is computed from the finished dataset and shares no step with the splitting and mining that it checks.
"""

from dataclasses import asdict, dataclass

import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.words import normalized


@dataclass(frozen=True)
class Leakage:
    """Counts of what must not be; all zero where nothing leaks. What is counted, the kinds of data say."""

    @property
    def total(self) -> int:
        """Zero when clean."""
        return sum(asdict(self).values())

    def as_json(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)

    def require_none(self, what: str = "the dataset") -> None:
        """DomainFtError where something leaks: a fault of ours, for the splits are made so that nothing does."""
        if self.total:
            found = ", ".join(f"{name} {count}" for name, count in self.as_json().items() if count)
            raise DomainFtError(f"{what} leaks between its splits ({found}) and is not published; report this")


@dataclass(frozen=True)
class LeakageReport(Leakage):
    """Counts of what must not be; all zero in a clean dataset."""

    builds_in_two_splits: int
    """Builds that the table of builds, or the triplets, put into more than one split."""
    change_texts_in_two_splits: int
    """Change texts, equal after normalization, of builds or triplets of more than one split."""
    triplets_crossing_splits: int
    """Triplets whose positive or negative build is not of the triplet's own split."""
    train_builds_after_validation: int
    """Training builds that started after the first validation build."""
    train_builds_after_test: int
    """Training builds that started after the first test build."""
    validation_builds_after_test: int
    """Validation builds that started after the first test build."""


def leakage_report(builds: pl.DataFrame, triplets: pl.DataFrame) -> LeakageReport:
    """Count the leaks of a dataset.

    `builds`: build_id, started_at, change_text, split (null = left out). `triplets`: positive, negative,
    positive_build, negative_build, split.
    """
    placed = builds.filter(pl.col("split").is_not_null())
    sides = pl.concat(
        [triplets.select(build_id=f"{side}_build", text=side, split="split") for side in ("positive", "negative")]
    ).unique()
    return LeakageReport(
        builds_in_two_splits=_in_two_splits(pl.concat([placed.select("build_id", "split"), sides.drop("text")])),
        change_texts_in_two_splits=_texts_in_two_splits(placed, sides),
        triplets_crossing_splits=_crossing(builds, triplets),
        train_builds_after_validation=_after_first(placed, "train", "validation"),
        train_builds_after_test=_after_first(placed, "train", "test"),
        validation_builds_after_test=_after_first(placed, "validation", "test"),
    )


def _in_two_splits(members: pl.DataFrame) -> int:
    unit = members.columns[0]
    return members.group_by(unit).agg(pl.col("split").n_unique()).filter(pl.col("split") > 1).height


def _texts_in_two_splits(placed: pl.DataFrame, sides: pl.DataFrame) -> int:
    texts = pl.concat([placed.select(text="change_text", split="split"), sides.select("text", "split")]).unique()
    texts_alike = pl.Series("text", [normalized(text or "") for text in texts["text"]], dtype=pl.String)
    return _in_two_splits(texts.with_columns(texts_alike).filter(pl.col("text") != ""))


def _crossing(builds: pl.DataFrame, triplets: pl.DataFrame) -> int:
    split_of = builds.select("build_id", build_split="split").unique("build_id", keep="first", maintain_order=True)
    crossing = pl.lit(False)
    joined = triplets.select("split", "positive_build", "negative_build")
    for side in ("positive", "negative"):
        name = f"{side}_split"
        joined = joined.join(split_of.rename({"build_split": name}), left_on=f"{side}_build", right_on="build_id",
                             how="left")  # fmt: skip
        crossing = crossing | pl.col("split").ne_missing(pl.col(name))
    return joined.filter(crossing).height


def _after_first(placed: pl.DataFrame, earlier: str, later: str) -> int:
    starts = placed.filter(pl.col("split") == later)["started_at"]
    if starts.is_empty():
        return 0
    return placed.filter((pl.col("split") == earlier) & (pl.col("started_at") > starts.min())).height
