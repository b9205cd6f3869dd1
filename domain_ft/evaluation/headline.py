"""The outcome of a benchmark in one sentence: verdict first, then the figures that it rests on."""

from collections.abc import Sequence

from domain_ft.evaluation.comparison import ALL, Comparison, DifferenceRow
from domain_ft.evaluation.gates import GateOutcome, gates_sentence
from domain_ft.evaluation.metric_names import METRIC_LABELS
from domain_ft.evaluation.vocabulary import Vocabulary, sample_size


def headline(
    comparison: Comparison,
    *,
    minimum_effect: float,
    confidence: float,
    same_model: bool,
    words: Vocabulary,
    few: str | None = None,
    gates: Sequence[GateOutcome] = (),
    collapsed: bool = False,
) -> str:
    """The verdict and its figures for a person, then what stands beside the verdict: guards, collapse, success gates.

    `same_model` says that candidate and reference are one and the same, `few` that too little was judged on for any
    verdict (see `evidence.few_clusters`).
    """
    beside = ["The candidate has collapsed: different texts lie in one place."] if collapsed else []
    if gates:
        beside.append(gates_sentence(gates))
    if same_model:
        verdict = f"INCONCLUSIVE: the candidate is the {comparison.reference} itself, so there is nothing to compare."
    else:
        verdict = _verdict(comparison, minimum_effect, confidence, words, few)
    return " ".join([verdict, *beside])


def _verdict(
    comparison: Comparison, minimum_effect: float, confidence: float, words: Vocabulary, few: str | None
) -> str:
    metric = METRIC_LABELS[comparison.primary_metric]
    row = next(
        row
        for row in comparison.differences
        if (row.reference, row.metric, row.slice) == (comparison.reference, comparison.primary_metric, ALL)
    )
    ours, theirs = (comparison.arms[arm][comparison.primary_metric].mean for arm in (row.candidate, row.reference))
    figures = (
        f"{metric} {ours:.3f} against {theirs:.3f}, a difference of {_interval(row, confidence)} on "
        f"{sample_size(row.n, row.clusters, words.units, words.clusters)}"
    )
    if row.verdict == "WIN":
        return f"WIN: the candidate is better than the {row.reference}: {figures}.{_guards(comparison)}"
    if row.verdict == "REGRESSION":
        return f"REGRESSION: the candidate is worse than the {row.reference}: {figures}.{_guards(comparison)}"
    return (
        f"INCONCLUSIVE: candidate and {row.reference} cannot be told apart: {figures}. "
        f"{f'{few}.' if few else _needed(row, minimum_effect, words)}{_guards(comparison)}"
    )


def _interval(row: DifferenceRow, confidence: float) -> str:
    if row.low is None or row.high is None:
        return f"{row.mean:+.3f}"
    return f"{row.mean:+.3f} ({100 * confidence:g} % CI {row.low:+.3f} to {row.high:+.3f})"


def _needed(row: DifferenceRow, minimum_effect: float, words: Vocabulary) -> str:
    if row.low is not None and row.high is not None and row.p_value is not None and (row.low > 0 or row.high < 0):
        return f"The interval leaves out 0, but the permutation test does not agree (p {row.p_value:.3f})."
    if row.n_needed is None:
        return f"Too few {words.units} differ to say how many would decide."
    if row.n_needed > row.clusters:
        return f"To decide an effect of {minimum_effect:g}, about {row.n_needed:,} {words.clusters} are needed."
    return f"An effect of {minimum_effect:g} would probably have shown on so many {words.clusters}."


def _guards(comparison: Comparison) -> str:
    fallen = [METRIC_LABELS[metric] for metric, guard in comparison.guards.items() if not guard.passed]
    if not comparison.guards:
        return ""
    if not fallen:
        return " All guard metrics hold against the base."
    return f" Not shown to hold against the base: {', '.join(fallen)}."
