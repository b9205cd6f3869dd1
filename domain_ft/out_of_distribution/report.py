"""The report of a detector of strangers, as a page and as Markdown, made from its `out_of_distribution.json` alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from domain_ft.evaluation.report.plots import Scale, Tick
from domain_ft.evaluation.report.text import figure, interval, setting, words
from domain_ft.markdown_text import markdown_table, plain_markdown
from domain_ft.safe_text import visible

DISTANCES = {"knn": "distance to the k-th nearest training query", "mahalanobis": "Mahalanobis distance"}
_TEMPLATES = ("domain_ft.out_of_distribution", "domain_ft.evaluation.report")
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 348, 24, 150


@dataclass(frozen=True)
class Panel:
    """Own scores and those of one source, as polygon points, and where the threshold lies."""

    title: str
    own: str
    strangers: str
    threshold: float
    ticks: tuple[Tick, ...]


def panels(content: Mapping[str, Any]) -> tuple[Panel, ...]:
    """A panel per source of strangers, all drawn to one scale."""
    histograms = content["histograms"]
    shares: Mapping[str, Sequence[float]] = histograms["shares"]
    across = Scale(histograms["low"], histograms["high"], _LEFT, _RIGHT)
    up = Scale(0, max(max(each) for each in shares.values()), _BOTTOM, _TOP)
    threshold = across(min(max(content["threshold"], across.low), across.high))
    own = _steps(shares["own"], across, up)
    return tuple(
        Panel(words(name), own, _steps(each, across, up), threshold, across.ticks(5))
        for name, each in shares.items()
        if name != "own"
    )


def render_html(content: Mapping[str, Any]) -> str:
    """The page."""
    return _environment().get_template("strangers.html.j2").render(content=content, panels=panels(content))


def render_markdown(content: Mapping[str, Any]) -> str:
    """The text, as the Dagster UI shows it."""
    rows = [
        [
            words(name),
            figure(each["auc"]["mean"]),
            interval(each["auc"]["low"], each["auc"]["high"]),
            f"{each['fpr_at_95_tpr']:.1%}",
            f"{each['caught']:.1%}",
            f"{content['strangers'][name]:,}",
        ]
        for name, each in content["separations"].items()
    ]
    header = ["strangers from", "AUC", "interval", "FPR@95TPR", "caught", "queries"]
    parts = [f"**{plain_markdown(content['headline'])}**", markdown_table(header, rows)]
    parts += [plain_markdown(note) for note in content["notes"]]
    parts.append(f"{DISTANCES[content['method']]}, model {plain_markdown(content['model']['name'])}, "
                 f"dataset {content['dataset']}.")  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _steps(shares: Sequence[float], across: Scale, up: Scale) -> str:
    edges = np.linspace(across.low, across.high, len(shares) + 1).tolist()
    corners = [(edges[0], 0.0)]
    for left, right, share in zip(edges[:-1], edges[1:], shares, strict=True):
        corners += [(left, share), (right, share)]
    corners.append((edges[-1], 0.0))
    return " ".join(f"{across(x):g},{up(y):g}" for x, y in corners)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=ChoiceLoader([PackageLoader(name, "templates") for name in _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(figure=figure, words=words, setting=setting, visible=visible)
    made.globals.update(distances=DISTANCES, interval=interval)
    return made
