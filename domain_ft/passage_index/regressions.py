"""What an index finds worse than something else does, on the queries that it was judged on."""

from collections.abc import Mapping
from typing import Any

from domain_ft.passage_index.judged import CHOSEN_BY

BEFORE = "previous_hybrid"
_FOUND_BETTER = {
    "words": "by words alone (--mode words)",
    "vector": "by meaning alone (--mode vector)",
    BEFORE: "with the model of before",
}


def regressions(judged: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """The differences by which both together, as searched, lose: to what, and by how much."""
    differences = judged["differences"] if judged else ()
    lost = (row for row in differences if row["candidate"] == "hybrid" and row["metric"] == CHOSEN_BY)
    return {row["reference"]: row for row in lost if row["verdict"] == "REGRESSION"}


def regression_notes(judged: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The same as sentences."""
    return tuple(
        f"held-out queries are found better {_FOUND_BETTER[reference]} than by both together as searched: "
        f"{row['metric']} {row['mean']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
        for reference, row in regressions(judged).items()
        if reference in _FOUND_BETTER
    )
