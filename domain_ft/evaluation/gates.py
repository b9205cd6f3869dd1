"""Success gates: what a team aims at, written as `recall@5 >= 0.6`, and whether the candidate has reached it.

They stand beside the verdict and never change it: a gate asks for a height, the verdict whether a model is better.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain_ft.evaluation.metric_names import METRIC_LABELS

_FORM = re.compile(r"\s*(?P<metric>[^\s<>=!]+)\s*(?P<operator>[<>=!]+)\s*(?P<threshold>\S+)\s*")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {">=": operator.ge, ">": operator.gt}
_SIMILARITY = ("triplet_accuracy", "similarity_gap")


@dataclass(frozen=True)
class Gate:
    """A metric, by its name in settings, and what its mean is to reach."""

    metric: str
    operator: str
    threshold: float

    def __str__(self) -> str:
        return f"{self.metric} {self.operator} {self.threshold:.10g}"


@dataclass(frozen=True)
class GateOutcome:
    """Whether the candidate's mean passes a gate; None where the data does not define the metric."""

    gate: str
    metric: str
    value: float | None
    passed: bool

    def sentence(self) -> str:
        """`recall@5 >= 0.6: failed (0.412)`."""
        value = "not measured" if self.value is None else f"{self.value:.3f}"
        return f"{self.gate}: {'passed' if self.passed else 'failed'} ({value})"


def parse_gate(text: str, rank_metrics: Sequence[str]) -> Gate:
    """The gate that a text says; `recall@5` and `recall_at_5` are one metric, upper and lower case too.

    ValueError says what is wrong: the form, the metric (known are `rank_metrics` and the similarity figures), the
    operator, or a threshold outside 0 to 1.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no gate; write metric, >= or >, and a number, such as recall@10 >= 0.6")
    metric = found["metric"].casefold().replace("@", "_at_")
    known = (*rank_metrics, *_SIMILARITY)
    if metric not in known:
        raise ValueError(f"gate {text!r}: {found['metric']!r} is not measured here; there are {', '.join(known)}")
    if found["operator"] not in _OPERATORS:
        raise ValueError(f"gate {text!r}: expected >= or > after the metric, for higher is better in all of them")
    try:
        threshold = float(found["threshold"])
    except ValueError:
        raise ValueError(f"gate {text!r}: expected a number after {found['operator']}") from None
    if not 0 <= threshold <= 1:
        raise ValueError(f"gate {text!r}: expected a number from 0 to 1")
    return Gate(metric, found["operator"], threshold)


def evaluate_gates(
    gates: Sequence[str], means: Mapping[str, float], rank_metrics: Sequence[str]
) -> tuple[GateOutcome, ...]:
    """Each gate held against the candidate's means."""
    return tuple(_evaluate(parse_gate(text, rank_metrics), means) for text in gates)


def gates_sentence(outcomes: Sequence[GateOutcome]) -> str:
    """One sentence about all gates."""
    passed = sum(outcome.passed for outcome in outcomes)
    return f"Success gates: {passed} of {len(outcomes)} passed ({'; '.join(one.sentence() for one in outcomes)})."


def _evaluate(gate: Gate, means: Mapping[str, float]) -> GateOutcome:
    value = means.get(gate.metric)
    passed = value is not None and _OPERATORS[gate.operator](value, gate.threshold)
    shown = f"{METRIC_LABELS[gate.metric]} {gate.operator} {gate.threshold:.10g}"
    return GateOutcome(shown, gate.metric, value, passed)
