"""The report of a prioritization experiment, as a page and as Markdown, made from its `prioritization.json` alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.amounts import counted
from domain_ft.evaluation.report import plots
from domain_ft.evaluation.report.html import environment
from domain_ft.evaluation.report.text import figure, interval, label, p_value, signed, signed_interval, words
from domain_ft.markdown_text import markdown_table, plain_markdown

TEMPLATE = "orders.html.j2"
METRICS = (
    "apfd", "normalized_apfd", "apfdc", "map", "first_failure_rank", "recall_at_time_5", "recall_at_time_10",
    "recall_at_time_20", "recall_at_time_50",
)  # fmt: skip
SLICES = {
    "first_failures": "First failures: the test had never failed before",
    "repeat_failures": "Repeat failures: it had",
    "breaks": "Breaks: the test passed when last run, and fails",
    "fixes": "Fixes: it failed when last run, and passes",
    "steady_tests": "Without flaky and always failing tests",
    "unsteady_tests": "Flaky and always failing tests alone",
}
_ABLATION = (
    ("trees", ("lambdarank", "lambdarank_base", "lambdarank_tuned")),
    ("fused ranks", ("hybrid", "hybrid_base", "hybrid_tuned")),
    ("network", (None, "network_base", "network_tuned")),
)
_COLOURS = {
    "random": "#8a8f98", "recently_failed": "#b7791f", "hybrid": "#4a5568", "hybrid_tuned": "#2f6fde",
    "oracle": "#2f855a",
}  # fmt: skip
"""The curves that each plot has, in the same colours in every report."""
_USED_COLOUR = "#805ad5"
_IMPORTANT = 12


@dataclass(frozen=True)
class OrderLine:
    """One order and its figures, in the order of METRICS."""

    name: str
    values: tuple[str, ...]
    intervals: tuple[str, ...]


@dataclass(frozen=True)
class DifferenceLine:
    """One order minus another on one metric."""

    pair: str
    metric: str
    mean: str
    interval: str
    p_holm: str
    wilcoxon: str
    a12: str
    counts: str
    verdict: str


@dataclass(frozen=True)
class Line:
    """A curve of the confidence plot: its points and its band."""

    name: str
    colour: str
    points: str
    band: str


@dataclass(frozen=True)
class ConfidencePlot:
    """Share of builds whose first fault is found, by share of test time."""

    lines: tuple[Line, ...]
    x_ticks: tuple[plots.Tick, ...]
    y_ticks: tuple[plots.Tick, ...]


@dataclass(frozen=True)
class Calibration:
    """A learned order's probabilities beside what happened: points on the unit square, with the rows behind each."""

    name: str
    points: tuple[tuple[float, float, float], ...]
    error: str


def order_lines(arms: Mapping[str, Any], metrics: Sequence[str] = METRICS) -> tuple[OrderLine, ...]:
    """The orders of a table; a metric that none of them has stays empty."""
    return tuple(
        OrderLine(
            name,
            tuple(figure(values[metric]["mean"]) if metric in values else "–" for metric in metrics),
            tuple(
                interval(values[metric]["low"], values[metric]["high"]) if metric in values else ""
                for metric in metrics
            ),
        )
        for name, values in arms.items()
    )


def difference_lines(part: Mapping[str, Any]) -> tuple[DifferenceLine, ...]:
    """The compared pairs of the whole or of a slice, metric by metric."""
    return tuple(
        DifferenceLine(
            pair=f"{words(row['order'])} − {words(row['reference'])}",
            metric=label(row["metric"]),
            mean=signed(row["mean"]),
            interval=signed_interval(row["low"], row["high"]),
            p_holm=p_value(row["p_holm"]),
            wilcoxon=p_value(row["wilcoxon_p"]),
            a12=figure(row["a12"]),
            counts=f"{row['better']} / {row['equal']} / {row['worse']}",
            verdict=row["verdict"],
        )
        for row in part["differences"]
    )


def ablation_rows(content: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Per kind of order the primary metric without a model, with the base's embeddings, with the tuned model's."""
    metric, arms = content["primary_metric"], content["arms"]

    def shown(name: str | None) -> str:
        one = arms.get(name, {}).get(metric) if name else None
        return f"{figure(one['mean'])} ({interval(one['low'], one['high'])})" if one else "–"

    return tuple((kind, tuple(shown(name) for name in names)) for kind, names in _ABLATION)


def confidence_plot(content: Mapping[str, Any]) -> ConfidencePlot:
    """The curve of each order that is shown, with its band."""
    across, up = plots.Scale(0, 1, 48, 720), plots.Scale(0, 1, 300, 16)
    shares, caught = content["curve"]["share"], content["curve"]["caught"]
    chosen = content["choice"]["order"]
    lines = []
    for name in dict.fromkeys((*_COLOURS, chosen)):
        known = [(x, one) for x, one in zip(shares, caught.get(name, ()), strict=False) if one is not None]
        if not known:
            continue
        places = [(across(x), up(one["mean"])) for x, one in known]
        high = [(across(x), up(_bound(one, "high"))) for x, one in known]
        low = [(across(x), up(_bound(one, "low"))) for x, one in reversed(known)]
        lines.append(
            Line(
                words(name) + (" (used)" if name == chosen else ""),
                _COLOURS.get(name, _USED_COLOUR),
                _points(places),
                _points([*high, *low]),
            )
        )
    return ConfidencePlot(tuple(lines), across.ticks(5), up.ticks(5))


def calibrations(content: Mapping[str, Any]) -> tuple[Calibration, ...]:
    """One panel per learned order."""
    across, up = plots.Scale(0, 1, 48, 348), plots.Scale(0, 1, 150, 14)
    return tuple(
        Calibration(
            words(name),
            tuple(
                (across(one["said"]), up(one["happened"]), 2 + 6 * (one["rows"] / found["rows"]) ** 0.5)
                for one in found["reliability"]
                if one["said"] is not None
            ),
            figure(found["expected_calibration_error"]),
        )
        for name, found in content["learned"]["classification"].items()
    )


def importance_rows(content: Mapping[str, Any]) -> tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...]:
    """Per trees the features that gained most, the most first: name, share, width of its bar in per cent."""
    found = []
    for name, each in content["learned"]["trees"].items():
        shares = sorted(each["importance"], key=lambda pair: -pair[1])[:_IMPORTANT]
        lines = [(words(one), f"{100 * share:.1f} %", round(100 * share / shares[0][1], 1)) for one, share in shares
                 if share > 0]  # fmt: skip
        found.append((words(name), tuple(lines)))
    return tuple(found)


def render_orders_html(content: Mapping[str, Any]) -> str:
    """The page for the content of a `prioritization.json`."""
    slices = [
        (
            called,
            f"{counted(part['faults'], 'faults')}; {counted(part['judged'], 'builds')} judged.",
            order_lines(part["arms"], ("apfd", "map", "first_failure_rank")),
            difference_lines(part),
        )
        for called, part in (
            (f"The other reading of a fault: {content['other_faults']['meaning']}", content["other_faults"]),
            *((SLICES[name], part) for name, part in content["slices"].items()),
        )
    ]
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            content=content,
            metrics=[label(metric) for metric in METRICS],
            arms=order_lines(content["arms"]),
            ranking=plots.ranked_plot(
                label(content["primary_metric"]),
                [
                    (words(name), _plot_kind(name), values[content["primary_metric"]])
                    for name, values in content["arms"].items()
                ],
            ),
            curve=confidence_plot(content),
            differences=difference_lines(content),
            weights=[
                (words(name), ", ".join(f"{part} {weight:g}" for part, weight in weights.items() if weight))
                for name, weights in content["weights"].items()
            ],
            primary=label(content["primary_metric"]),
            ablation=ablation_rows(content),
            calibrations=calibrations(content),
            importance=importance_rows(content),
            slices=slices,
        )
    )


def render_orders_markdown(content: Mapping[str, Any]) -> str:
    """The text for the content of a `prioritization.json`, as the Dagster UI shows it."""
    shown = ("apfd", "map", "first_failure_rank", "recall_at_time_20")
    rows = [[line.name, *line.values] for line in order_lines(content["arms"], shown)]
    differences = [
        [line.pair, line.metric, line.mean, line.interval, line.p_holm, line.a12, line.verdict]
        for line in difference_lines(content)
    ]
    builds = content["builds"]
    header = ["orders", "metric", "difference", "interval", "p (Holm)", "A12", "verdict"]
    return "\n\n".join([
        f"**{content['verdict']}** ({plain_markdown(content['verdict_of'])})",
        "\n".join(f"- {plain_markdown(finding)}" for finding in content["findings"]),
        f"{builds['judged']:,} builds of the test split ({builds['clusters']:,} distinct changes); faults are "
        f"{content['faults']['meaning']} ({words(content['faults']['mapping'])}; relevance {content['relevance']}).",
        markdown_table(["order", *(label(metric) for metric in shown)], rows),
        markdown_table(header, differences),
    ]) + "\n"  # fmt: skip


def _bound(one: Mapping[str, Any], name: str) -> float:
    return float(one["mean"] if one[name] is None else one[name])


def _plot_kind(name: str) -> str:
    """How an order is drawn: in the colours that arms have elsewhere."""
    if name.endswith("_tuned") or name == "tuned_cosine":
        return "candidate"
    if name.endswith("_base") or name == "base_cosine":
        return "base"
    return "bm25" if name in ("bm25", "hybrid") else "random"


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)
