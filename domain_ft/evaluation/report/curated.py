"""The evaluation file in a report: the same tables as the split's, on what people have judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.evaluation.report.tables import ArmTable, DifferenceLine, difference_lines, retrieval_table


@dataclass(frozen=True)
class CuratedReport:
    """What was asked, every arm, and the candidate's differences to what decides the verdict."""

    sentence: str
    arms: ArmTable
    differences: tuple[DifferenceLine, ...]


def curated_report(content: Mapping[str, Any]) -> CuratedReport | None:
    """The tables of the evaluation file, or None where none is named."""
    found = content["evaluation_file"]
    if found is None:
        return None
    its = {**content, "arms": found["arms"], "differences": found["differences"]}
    counts = found["counts"]
    return CuratedReport(
        sentence=f"{found['name']}; rows: {counts['rows']:,}, left out because a model was trained on their query, or "
        f"nearly so: {counts['left_out']:,}; queries asked: {counts['queries']:,}; rows whose passage was trained on "
        f"with another query: {counts['passages_trained_on']:,}",
        arms=retrieval_table(its),
        differences=difference_lines(its, content["reference"], slices=False),
    )
