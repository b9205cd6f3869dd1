"""The report's plots as geometry: every number is a place on the drawing, so that the template only draws."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain_ft.evaluation.comparison import ALL
from domain_ft.evaluation.histogram import HIGHEST, LOWEST
from domain_ft.evaluation.metrics import METRICS
from domain_ft.evaluation.report.tables import ARM_LABELS
from domain_ft.evaluation.report.text import figure, interval, label, signed, signed_interval, words

ROW = 30


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Scale:
    """A range of values laid onto a stretch of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, count: int = 5, *, with_sign: bool = False) -> tuple[Tick, ...]:
        """Round values inside the range."""
        step = _round_step((self.high - self.low) / count)
        values = np.arange(np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9) + 1) * step
        decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
        sign = "+" if with_sign else ""
        return tuple(
            Tick(self(value), f"{value + 0.0:{sign if abs(value) > step / 2 else ''}.{decimals}f}".replace("-", "−"))
            for value in np.where(np.abs(values) < step / 2, 0.0, values).tolist()
        )


@dataclass(frozen=True)
class Mark:
    """One row of an interval plot: a dot with its whiskers."""

    name: str
    kind: str
    value: str
    interval: str
    y: float
    x: float
    low: float
    high: float
    strong: bool


@dataclass(frozen=True)
class IntervalPlot:
    """Means with their intervals, one below the other; `zero` is where no difference lies, if on the drawing."""

    title: str
    height: float
    bottom: float
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    zero: float | None = None


@dataclass(frozen=True)
class HistogramPlot:
    """Two overlaid step outlines, as polygon points, and where their means lie."""

    title: str
    relevant: str
    unaffected: str
    relevant_mean: Tick | None
    unaffected_mean: Tick | None
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class CurvePlot:
    """A line over steps, as polyline points."""

    title: str
    line: str
    dots: tuple[tuple[float, float], ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    last: str


def arms_plot(content: Mapping[str, Any]) -> IntervalPlot:
    """Every arm on the primary metric."""
    metric = content["primary_metric"]
    return ranked_plot(
        label(metric), [(ARM_LABELS[arm], arm, figures[metric]) for arm, figures in content["arms"].items()]
    )


def ranked_plot(title: str, rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> IntervalPlot:
    """Estimates one below the other, each with its name and the arm that it is drawn as."""
    scale = _scale([bound for *_, one in rows for bound in _bounds(one)])
    marks = [
        _mark(
            scale, number, name, kind, one, figure(one["mean"]), interval(one["low"], one["high"]), kind == "candidate"
        )
        for number, (name, kind, one) in enumerate(rows)
    ]
    return _interval_plot(title, marks, scale.ticks(6))


def differences_plot(content: Mapping[str, Any]) -> IntervalPlot:
    """Candidate minus the deciding reference: the rank metrics, then the primary metric in each slice."""
    rows = [
        row for row in content["differences"] if row["reference"] == content["reference"] and row["metric"] in METRICS
    ]
    scale = _scale([0.0, *(bound for row in rows for bound in _bounds(row))])
    marks = [
        _mark(
            scale,
            number,
            label(row["metric"]) if row["slice"] == ALL else words(row["slice"]),
            row["verdict"].lower(),
            row,
            signed(row["mean"]),
            signed_interval(row["low"], row["high"]),
            row["slice"] == ALL and row["metric"] == content["primary_metric"],
        )
        for number, row in enumerate(rows)
    ]
    title = f"candidate − {content['reference']}"
    return _interval_plot(title, marks, scale.ticks(6, with_sign=True), zero=scale(0.0))


def histogram_plots(content: Mapping[str, Any]) -> tuple[HistogramPlot, ...]:
    """Each model's cosines, drawn to one height so that the panels can be compared."""
    histograms: Mapping[str, Mapping[str, Sequence[float]]] = content["histograms"]
    top = max((share for one in histograms.values() for shares in one.values() for share in shares), default=0) or 1.0
    across, up = Scale(LOWEST, HIGHEST, 12, 348), Scale(0, top, 150, 24)

    def mean(arm: str, metric: str) -> Tick | None:
        estimate = content["arms"][arm].get(metric)
        return Tick(across(max(LOWEST, estimate["mean"])), f"{estimate['mean']:.2f}") if estimate else None

    return tuple(
        HistogramPlot(
            title=ARM_LABELS[arm],
            relevant=_steps(one["relevant"], across, up),
            unaffected=_steps(one["unaffected"], across, up),
            relevant_mean=mean(arm, "similarity_relevant"),
            unaffected_mean=mean(arm, "similarity_unaffected"),
            ticks=across.ticks(6),
        )
        for arm, one in histograms.items()
    )


def training_plots(content: Mapping[str, Any]) -> tuple[CurvePlot, ...]:
    """The training loss, and validation on the primary metric (else on whatever was measured)."""
    training = content["training"]
    validation = training["validation"]
    chosen = content["primary_metric"] if content["primary_metric"] in validation else next(iter(validation), None)
    curves = [("training loss", training["loss"], False)]
    if chosen is not None:
        curves.append((f"validation {label(chosen)}", validation[chosen], True))
    return tuple(_curve(title, points, dotted) for title, points, dotted in curves if points)


def _curve(title: str, points: Sequence[Sequence[float]], dotted: bool) -> CurvePlot:
    steps, values = [point[0] for point in points], [point[1] for point in points]
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or 0.05 * abs(high) or 0.5
    across = Scale(0, max(1, *steps), 48, 348)
    up = Scale(low - room, high + room, 150, 24)
    places = [(across(step), up(value)) for step, value in zip(steps, values, strict=True)]
    return CurvePlot(
        title=title,
        line=_points(places),
        dots=tuple(places) if dotted else (),
        x_ticks=across.ticks(4),
        y_ticks=up.ticks(4),
        last=f"{values[-1]:.3f}",
    )


def _mark(
    scale: Scale, number: int, name: str, kind: str, one: Mapping[str, Any], value: str, bounds: str, strong: bool
) -> Mark:
    low, high = _bounds(one)
    return Mark(name, kind, value, bounds, ROW * number + ROW / 2, scale(one["mean"]), scale(low), scale(high), strong)


def _interval_plot(title: str, marks: list[Mark], ticks: tuple[Tick, ...], zero: float | None = None) -> IntervalPlot:
    bottom = ROW * len(marks)
    return IntervalPlot(title, bottom + 26, bottom, tuple(marks), ticks, zero)


def _bounds(one: Mapping[str, Any]) -> tuple[float, float]:
    mean: float = one["mean"]
    return (mean if one["low"] is None else one["low"], mean if one["high"] is None else one["high"])


def _scale(values: Iterable[float]) -> Scale:
    found = list(values)
    low, high = min(found), max(found)
    room = 0.06 * (high - low) or 0.01
    return Scale(low - room, high + room, 150, 560)


def _steps(shares: Sequence[float], across: Scale, up: Scale) -> str:
    edges = np.linspace(across.low, across.high, len(shares) + 1).tolist()
    corners = [(edges[0], 0.0)]
    for left, right, share in zip(edges[:-1], edges[1:], shares, strict=True):
        corners += [(left, share), (right, share)]
    corners.append((edges[-1], 0.0))
    return _points([(across(x), up(y)) for x, y in corners])


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _round_step(rough: float) -> float:
    """The number of the form 1, 2 or 5 times a power of ten that is nearest by ratio."""
    magnitude = 10.0 ** float(np.floor(np.log10(rough)))
    return min((float(magnitude * factor) for factor in (1, 2, 5, 10)), key=lambda step: abs(np.log(step / rough)))
