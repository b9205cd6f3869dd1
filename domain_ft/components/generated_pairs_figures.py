"""What a person sees of generated pairs in the Dagster UI: counts that add up, what was refused, some of the rows."""

import json

import dagster as dg

from domain_ft.components.metadata_values import Figures, table
from domain_ft.generation.result import GeneratedPairs

_SHOWN = 8
_COUNTS = ("files", "read", "failed", "skipped", "passages", "asked", "kept", "pairs", "rows")


def generated_figures(result: GeneratedPairs) -> Figures:
    """Counts as plots, and tables of what was refused, what failed, and the first rows."""
    tally = result.tally
    figures: Figures = {name: getattr(tally, name) for name in _COUNTS}
    if result.mean_overlap is not None:
        figures["overlap"] = result.mean_overlap
    if tally.refused or tally.unanswered:
        refused = [{"what": "pair refused", "why": why, "count": count} for why, count in tally.refused.most_common()]
        refused += [{"what": "no answer", "why": why, "count": count} for why, count in tally.unanswered.most_common()]
        figures["refused"] = table(refused)
    if tally.failures:
        figures["failures"] = table({"why": each.why, "file": each.file} for each in tally.failures[:_SHOWN])
    if tally.notes:
        figures["notes"] = table({"why": each.why, "file": each.file} for each in tally.notes[:_SHOWN])
    if tally.paths:
        figures["first_rows"] = table(_first_rows(result))
    return {**figures, "path": dg.MetadataValue.path(result.folder)}


def generated_checks(result: GeneratedPairs) -> list[dg.AssetCheckResult]:
    """Whether all is accounted for, and whether anything failed."""
    tally = result.tally
    wrong = [f"{name}: {whole:,} of which {parts:,}" for name, (whole, parts) in result.sums.items() if whole != parts]
    passages = sum(tally.unanswered.values())
    return [
        dg.AssetCheckResult(
            check_name="adds_up",
            passed=not wrong,
            description="; ".join(wrong) or "Files, passages and pairs are all accounted for.",
        ),
        dg.AssetCheckResult(
            check_name="readable",
            passed=not tally.failures,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{tally.failed:,} of {tally.files:,} files could not be read; {passages:,} of "
            f"{tally.passages:,} passages have no usable answer.",
            metadata={"failed": tally.failed, "unanswered": passages},
        ),
    ]


def _first_rows(result: GeneratedPairs) -> list[dict[str, str]]:
    lines = result.tally.paths[0].read_text(encoding="utf-8").split("\n")[:_SHOWN]
    rows = [json.loads(line) for line in lines if line]
    shown = (result.query_column, "section", "file_name")
    return [{name: str(row.get(name, "")) for name in shown} for row in rows]
