"""The report as one HTML page: self-contained, without scripts, and safe whatever stands in a commit message."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from domain_ft.amounts import counted
from domain_ft.evaluation.report import plots, tables
from domain_ft.evaluation.report.curated import curated_report
from domain_ft.evaluation.report.funnel import funnel_groups
from domain_ft.evaluation.report.models import model_table
from domain_ft.evaluation.report.text import figure, label, setting, signed, words
from domain_ft.safe_text import visible

TEMPLATE = "report.html.j2"


def render_html(content: Mapping[str, Any]) -> str:
    """The page for the content of a `benchmark.json`."""
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            content=content,
            arms_plot=plots.arms_plot(content),
            retrieval=tables.retrieval_table(content),
            similarity=tables.similarity_table(content),
            slices=tables.slice_table(content),
            differences_plot=plots.differences_plot(content),
            differences=[
                (
                    name,
                    tables.difference_lines(content, name, slices=False),
                    tables.difference_lines(content, name, slices=True),
                )
                for name in tables.references(content)
            ],
            guards=tables.guard_lines(content),
            gates=tables.gate_lines(content),
            curated=curated_report(content),
            models=model_table(content),
            slice_metrics=tables.metric_tables(content),
            histograms=plots.histogram_plots(content),
            training=plots.training_plots(content),
            funnel=funnel_groups(content["dataset"]["funnel"]),
        )
    )


@cache
def environment() -> Environment:
    """The templates, with the filters that they use."""
    made = Environment(
        loader=PackageLoader("domain_ft.evaluation.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        figure=figure,
        signed=signed,
        label=label,
        arm=tables.ARM_LABELS.__getitem__,
        words=words,
        setting=setting,
        visible=visible,
        counted=counted,
        is_link=lambda value: isinstance(value, str) and value.startswith(("https://", "http://")),
    )
    return made
