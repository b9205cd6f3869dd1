"""Clusters as a picture and a page: self-contained, without scripts, and safe whatever stands in a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from domain_ft.clusters.communities import NOWHERE
from domain_ft.clusters.layout import drawn_places, layout
from domain_ft.neighbours.near_pairs import IntArray
from domain_ft.safe_text import brief, visible
from domain_ft.store.vectors import FloatArray

WIDTH, HEIGHT, MARGIN = 760, 560, 24
COLOURS = (
    "#3a56c5", "#d1603d", "#0d8a86", "#b7791f", "#8a4fbf", "#1c7a4c", "#c2417c", "#5b6b7a", "#7a5c2e", "#2f8fd0",
    "#9aa019", "#a33a3a",
)  # fmt: skip
NOWHERE_COLOUR = "#b9b4a8"
_LEGEND = 20
_LETTERS = 160


@dataclass(frozen=True)
class Point:
    """A text on the drawing."""

    x: float
    y: float
    cluster: int
    text: str


@dataclass(frozen=True)
class Badge:
    """A cluster's number, where most of its texts stand."""

    x: float
    y: float
    number: int
    colour: str


@dataclass(frozen=True)
class Scatter:
    """All that is drawn."""

    points: tuple[Point, ...]
    """Those that belong nowhere first, so that no cluster is covered by them."""
    badges: tuple[Badge, ...]
    drawn: int
    of: int


def scatter(vectors: FloatArray, cluster: IntArray, texts: Sequence[str], seed: int) -> Scatter:
    """The texts (n) of embeddings (n, d), or a sample of them, in two dimensions."""
    chosen = drawn_places(len(vectors), seed)
    places = layout(vectors[chosen], seed)
    x = np.round(MARGIN + places[:, 0] * (WIDTH - 2 * MARGIN), 1).tolist()
    y = np.round(MARGIN + (1 - places[:, 1]) * (HEIGHT - 2 * MARGIN), 1).tolist()
    points = [
        Point(x[row], y[row], int(cluster[place]), visible(brief(" ".join(texts[place].split()), _LETTERS)))
        for row, place in enumerate(chosen.tolist())
    ]
    points.sort(key=lambda point: point.cluster)
    return Scatter(tuple(points), tuple(_badges(points)), len(chosen), len(vectors))


def colour(number: int) -> str:
    """The colour of a cluster; there are twelve, and the number tells those of one colour apart."""
    return NOWHERE_COLOUR if number == NOWHERE else COLOURS[number % len(COLOURS)]


def _badges(points: list[Point]) -> list[Badge]:
    """Each number at the text of its cluster that is nearest to the middle of them, so that it stands on one."""
    badges = []
    for number in sorted({point.cluster for point in points} - {NOWHERE}):
        own = np.array([(point.x, point.y) for point in points if point.cluster == number])
        middle = np.median(own, axis=0)
        x, y = own[np.argmin(((own - middle) ** 2).sum(axis=1))].tolist()
        badges.append(Badge(x, y, number + 1, colour(number)))
    return badges


def render_picture(content: Mapping[str, Any], picture: Scatter) -> str:
    """The picture as an SVG file with its legend."""
    return _render("clusters.svg.j2", content, picture)


def render_page(content: Mapping[str, Any], picture: Scatter) -> str:
    """The page: the picture, and each cluster with its figures and examples."""
    return _render("clusters.html.j2", content, picture)


def _render(template: str, content: Mapping[str, Any], picture: Scatter) -> str:
    shown = content["results"][:_LEGEND]
    return (
        _environment()
        .get_template(template)
        .render(content=content, picture=picture, legend=shown, more=len(content["results"]) - len(shown))
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=ChoiceLoader(
            [PackageLoader(name, "templates") for name in ("domain_ft.clusters", "domain_ft.evaluation.report")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(visible=visible, brief=brief)
    made.globals.update(colour=colour, width=WIDTH, height=HEIGHT, nowhere=NOWHERE)
    return made
