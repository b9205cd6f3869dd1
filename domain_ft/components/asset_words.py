"""What the UI says of a domain's assets, by the kind of records that it learns from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain_ft.domain import Domain


@dataclass(frozen=True)
class AssetWords:
    """The parts of descriptions that differ between kinds of records."""

    tables: str
    triplets: str = ""
    leakage: str = ""
    held_out: str = ""
    triplet_checks: Mapping[str, str] = field(default_factory=dict)
    """Further checks of the triplets: name -> description."""


_WORDS = {
    "execution_history": AssetWords(
        tables="as three tables: builds, tests, runs",
        triplets="Triplets (test, change that is relevant to it, change that left it unaffected), split by time into "
        "train, validation and test.",
        leakage="No build and no change text stands in two splits.",
        held_out="the held-out newest builds",
        triplet_checks={"verdict_balance": "Runs neither hardly ever nor nearly always fail."},
    ),
    "pairs": AssetWords(
        tables="as one audited table of query-passage pairs",
        triplets="Triplets (query, passage that answers it, passage that does not), split into train, validation and "
        "test by group: what shares a document or a text is not divided.",
        leakage="No pair, document, query or passage, nor one nearly the same, stands in two splits.",
        held_out="the held-out queries",
    ),
    "requirements": AssetWords(tables="as one table of requirement records"),
}


def asset_words(domain: Domain) -> AssetWords:
    """What is said of a domain's assets."""
    return _WORDS[domain.source.format]
