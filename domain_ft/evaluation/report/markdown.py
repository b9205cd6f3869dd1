"""The report in Markdown, as the Dagster UI shows it: verdict, tables, and nothing that needs a picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain_ft.evaluation.report.curated import curated_report
from domain_ft.evaluation.report.models import model_table
from domain_ft.evaluation.report.tables import (
    ARM_LABELS,
    ArmTable,
    DifferenceLine,
    difference_lines,
    gate_lines,
    guard_lines,
    references,
    retrieval_table,
    similarity_table,
    slice_table,
)
from domain_ft.evaluation.report.text import label
from domain_ft.markdown_text import markdown_table, plain_markdown


def render_markdown(content: Mapping[str, Any]) -> str:
    """The text for the content of a `benchmark.json`."""
    level = f"{100 * content['settings']['confidence']:g} % confidence interval"
    parts = [
        f"## {content['verdict']}",
        plain_markdown(content["headline"]),
        f"**Arms** (mean, {level})",
        _arms(retrieval_table(content)),
        f"**Slices** ({label(content['primary_metric'])})",
        _arms(slice_table(content)),
        "**Similarity**",
        _arms(similarity_table(content)),
    ]
    for name in references(content):
        lines = (
            *difference_lines(content, name, slices=False),
            *difference_lines(content, name, slices=True),
        )
        title = f"**Candidate minus {ARM_LABELS[name]}** (p of slices by Holm)"
        parts += [title, _differences(lines, content["words"]["units"])]
    if content["guards"]:
        parts += ["**Guards against the base**", _guards(content)]
    parts += ["**The models**", _arms(model_table(content))]
    if (curated := curated_report(content)) is not None:
        parts += [f"**Evaluation file** ({plain_markdown(curated.sentence)})", _arms(curated.arms)]
        differences = _differences(curated.differences, content["words"]["units"])
        parts += [f"Candidate minus {ARM_LABELS[content['reference']]} there", differences]
    if content["gates"]:
        parts += ["**Success gates** (no part of the verdict)", _gates(content)]
    parts.append(
        f"Relevance: {content['relevance']['name']} ({content['relevance']['meaning']}). "
        f"Dataset {content['dataset']['digest']}, {content['split']} split."
    )
    if content["frozen_prefix"]:
        parts.append(f"In the candidate's training {plain_markdown(content['frozen_prefix'])}.")
    return "\n\n".join(parts) + "\n"


def _arms(table: ArmTable) -> str:
    header = ["arm", *(f"{name}<br>{note}" for name, note in zip(table.columns, table.notes, strict=True))]
    rows = [
        [row.label, *(f"{'**' * cell.best}{cell.mean}{'**' * cell.best}<br>{cell.interval}" for cell in row.cells)]
        for row in table.rows
    ]
    return markdown_table(header, rows)


def _differences(lines: Sequence[DifferenceLine], units: str) -> str:
    rows = [[line.name, line.mean, line.interval, line.p_value, line.n, line.verdict] for line in lines]
    return markdown_table(["", "difference", "interval", "p", units, ""], rows)


def _guards(content: Mapping[str, Any]) -> str:
    rows = [
        [line.name, line.difference, line.low, line.margin, "holds" if line.passed else "**not shown to hold**"]
        for line in guard_lines(content)
    ]
    return markdown_table(["metric", "difference", "lower bound", "allowed", ""], rows)


def _gates(content: Mapping[str, Any]) -> str:
    rows = [[line.gate, line.value, "passed" if line.passed else "**failed**"] for line in gate_lines(content)]
    return markdown_table(["gate", "candidate", ""], rows)
