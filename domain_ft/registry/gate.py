"""The gate: whether a candidate may become the champion, and one sentence that says why, with the numbers.

A pure function of the benchmark, the domain's margins and who stands where now; nothing else decides, and no flag
goes around it.
"""

from dataclasses import dataclass

from domain_ft.registry.evidence import Evidence
from domain_ft.registry.settings import PromotionSettings


@dataclass(frozen=True)
class Contest:
    """Who stands where at the moment of deciding."""

    candidate: str
    """The version that asks to be promoted."""
    champion: str | None
    """The version that holds the alias now."""
    rolled_back: str | None = None
    """When a person put the candidate aside by a rollback; None if nobody has."""


@dataclass(frozen=True)
class PromotionDecision:
    """Whether the candidate is (or becomes) the champion, and why."""

    promote: bool
    reason: str


def decide_promotion(evidence: Evidence, promotion: PromotionSettings, contest: Contest) -> PromotionDecision:
    """WIN against the current champion (the first one: against the base), every guard above minus the margin, and no
    collapse."""
    refusal = (
        _not_about_this_contest(evidence, contest)
        or _not_won(evidence)
        or _guard_fell(evidence, promotion)
        or _collapsed(evidence)
    )
    if refusal:
        return PromotionDecision(False, refusal)
    held = _guards_held(evidence, promotion)
    return PromotionDecision(True, f"{evidence.outcome} over the {_reference(evidence)}: {_numbers(evidence)}; {held}")


def _not_about_this_contest(evidence: Evidence, contest: Contest) -> str | None:
    if evidence.candidate != contest.candidate:
        return (
            f"the benchmark {evidence.digest} judged {evidence.candidate}, not {contest.candidate}: benchmark "
            f"{contest.candidate} first"
        )
    if evidence.champion != contest.champion:
        then, now = evidence.champion or "none", contest.champion or "none"
        return (
            f"the benchmark {evidence.digest} was made against the champion {then}, and the champion now is {now}: "
            "benchmark the candidate again"
        )
    if contest.rolled_back:
        return (
            f"{contest.candidate} was champion and was rolled back on {contest.rolled_back}: train on newer data, or "
            "remove the version's tag domain_ft.rolled_back in MLflow to let it stand again"
        )
    return None


def _not_won(evidence: Evidence) -> str | None:
    if evidence.split != "test":
        return f"the benchmark {evidence.digest} judged the {evidence.split} split; only the test split decides"
    expected = "champion" if evidence.champion else "base"
    if evidence.reference != expected:
        return f"the verdict compares with the arm {evidence.reference}, but {expected} is what has to be beaten"
    if evidence.verdict == "WIN":
        return None
    return f"{evidence.outcome} against the {_reference(evidence)}: {_numbers(evidence)}"


def _guard_fell(evidence: Evidence, promotion: PromotionSettings) -> str | None:
    fallen = [
        f"{metric} {'unknown' if low is None else f'{low:+.3f}'}"
        for metric, low in evidence.guards.items()
        if low is None or low <= -promotion.margin
    ]
    if not fallen:
        return None
    return (
        f"{evidence.outcome} over the {_reference(evidence)} ({_numbers(evidence)}), but it may cost more against the "
        f"base than the margin of {promotion.margin:g} allows (lower bounds: {', '.join(fallen)})"
    )


def _collapsed(evidence: Evidence) -> str | None:
    if not evidence.collapsed:
        return None
    return (
        f"{evidence.outcome} over the {_reference(evidence)} ({_numbers(evidence)}), but the candidate has collapsed: "
        "different texts lie in one place; train with a lower learning_rate or a larger batch_size"
    )


def _reference(evidence: Evidence) -> str:
    return f"champion {evidence.champion}" if evidence.champion else "base model"


def _numbers(evidence: Evidence) -> str:
    return f"{evidence.primary_metric} {evidence.difference or 'not known'} over n={evidence.n}"


def _guards_held(evidence: Evidence, promotion: PromotionSettings) -> str:
    if not evidence.guards:
        return "no guard metric was asked for, or could be judged"
    held = ", ".join(f"{metric} {low:+.3f}" for metric, low in evidence.guards.items() if low is not None)
    return f"guards stay above -{promotion.margin:g} of the base (lower bounds: {held})"
