"""Figures as they are printed."""

from collections.abc import Mapping

from domain_ft.evaluation.metric_names import METRIC_LABELS

LESS_THAN = 0.001


def figure(value: float | None) -> str:
    """A metric with three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def signed(value: float | None) -> str:
    """A difference with its sign, even where it rounds to nothing: `+0.000` lies on the good side of zero."""
    if value is None:
        return "–"
    return f"{value:+.3f}".replace("-", "−") if value else "0.000"


def interval(low: float | None, high: float | None) -> str:
    """The bounds of a metric."""
    return "no interval" if low is None or high is None else f"{low:.3f} – {high:.3f}"


def signed_interval(low: float | None, high: float | None) -> str:
    """The bounds of a difference."""
    return "no interval" if low is None or high is None else f"{signed(low)} to {signed(high)}"


def p_value(value: float | None) -> str:
    """A p-value, as exact as it deserves."""
    if value is None:
        return "–"
    return f"< {LESS_THAN}" if value < LESS_THAN else f"{value:.3f}"


def label(metric: str) -> str:
    """A metric as people call it."""
    return METRIC_LABELS.get(metric, words(metric))


def words(name: str) -> str:
    """A key as words."""
    return name.replace("_", " ")


def setting(value: object) -> str:
    """A setting's value as a YAML file would have it, on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {setting(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(setting(one) for one in value) or "none"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
