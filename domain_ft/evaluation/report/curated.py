"""The evaluation file in a report: the same tables as the split's, on what people have judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.evaluation.report.tables import ArmTable, DifferenceLine, difference_lines, references, retrieval_table


@dataclass(frozen=True)
class CuratedReport:
    """What was asked, every arm, and the candidate's differences to the deciding reference and the others."""

    sentence: str
    arms: ArmTable
    differences: tuple[tuple[str, tuple[DifferenceLine, ...]], ...]


def curated_report(content: Mapping[str, Any]) -> CuratedReport | None:
    """The tables of the evaluation file, or None where none is named."""
    found = content["evaluation_file"]
    if found is None:
        return None
    its = {**content, "arms": found["arms"], "differences": found["differences"]}
    counts = found["counts"]
    return CuratedReport(
        sentence=f"{found['name']}, {counts['rows']:,} rows, of which {counts['left_out']:,} are left out because a "
        f"model was trained on their query, or nearly so; {counts['queries']:,} queries are asked; the passages of "
        f"{counts['passages_trained_on']:,} rows were trained on with other queries",
        arms=retrieval_table(its),
        differences=tuple((name, difference_lines(its, name, slices=False)) for name in references(its)),
    )
