"""The report of a comparison of base models, as a page and as Markdown, made from its `comparison.json` alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.amounts import describe_seconds
from domain_ft.evaluation.report import plots
from domain_ft.evaluation.report.html import environment
from domain_ft.evaluation.report.tables import DifferenceLine, lead_line
from domain_ft.evaluation.report.text import figure, interval, label
from domain_ft.markdown_text import markdown_table, plain_markdown

TEMPLATE = "bases.html.j2"
_COSTS = ("parameters", "dimension", "per query", "trained in")
_LONGEST_LABEL = 22
"""Characters that a plot has room for beside its whiskers."""


@dataclass(frozen=True)
class BaseLine:
    """One base: its tuned model's and its own figure on the primary metric, and what it is and took."""

    key: str
    model: str
    version: str
    tuned: str
    interval: str
    untuned: str
    general: str
    parameters: str
    dimension: str
    query_ms: str
    took: str


def base_lines(content: Mapping[str, Any]) -> tuple[BaseLine, ...]:
    """The bases, the best first."""
    metric = content["primary_metric"]
    return tuple(
        BaseLine(
            key=base["key"],
            model=f"{base['base']}@{base['revision']}" if base["revision"] else base["base"],
            version=base["version"],
            tuned=figure(base["tuned"][metric]["mean"]),
            interval=interval(base["tuned"][metric]["low"], base["tuned"][metric]["high"]),
            untuned=figure(base["untuned"][metric]["mean"]),
            general=figure(base["general_ability"]),
            parameters=f"{base['parameters'] / 1e6:,.1f} M",
            dimension=f"{base['dimension']:,}",
            query_ms="–" if base["median_ms"] is None else f"{base['median_ms']:.1f} ms",
            took=describe_seconds(base["seconds"]),
        )
        for base in content["bases"]
    )


def lead_lines(content: Mapping[str, Any]) -> tuple[DifferenceLine, ...]:
    """The differences: the best minus each other one, then each tuned model minus its base."""
    return tuple(
        lead_line(row, row["candidate"], primary=row["candidate"] == content["best"]) for row in content["differences"]
    )


def bases_plot(content: Mapping[str, Any]) -> plots.IntervalPlot:
    """Each tuned model on the primary metric, and its base below it."""
    metric = content["primary_metric"]
    rows = []
    for base in content["bases"]:
        rows += [
            (_short(base["key"]), "candidate", base["tuned"][metric]),
            ("untuned", "base", base["untuned"][metric]),
        ]
    return plots.ranked_plot(label(metric), rows)


def render_bases_html(content: Mapping[str, Any]) -> str:
    """The page for the content of a `comparison.json`."""
    template = environment().get_template(TEMPLATE)
    return template.render(
        content=content, bases=base_lines(content), plot=bases_plot(content), differences=lead_lines(content)
    )


def render_bases_markdown(content: Mapping[str, Any]) -> str:
    """The text for the content of a `comparison.json`, as the Dagster UI shows it."""
    metric = label(content["primary_metric"])
    bases = [
        [
            *(plain_markdown(base.key), base.tuned, base.interval, base.untuned, base.general),
            *(base.parameters, base.dimension, base.query_ms, base.took),
        ]
        for base in base_lines(content)
    ]
    leads = [
        [plain_markdown(line.name), line.mean, line.interval, line.p_value, line.n, line.verdict]
        for line in lead_lines(content)
    ]
    header = ["base", metric, "interval", "untuned", "general ability", *_COSTS]
    notes = "\n".join(f"- {plain_markdown(note)}" for note in content["notes"])
    parts = [
        f"**{plain_markdown(content['headline'])}**",
        markdown_table(header, bases),
        f"**Differences in {metric}** (p by Holm over all of them)",
        markdown_table(["", "difference", "interval", "p", content["units"], ""], leads),
        notes,
        f"Dataset {content['dataset_digest']}, {content['split']} split.",
    ]
    return "\n\n".join(parts) + "\n"


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST_LABEL else f"{key[: _LONGEST_LABEL - 1]}…"
