"""Which of the surveyed models is worth tuning, by a rule that stands in the settings, and why in a sentence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from domain_ft.amounts import gigabytes
from domain_ft.survey.settings import SurveyChoiceSettings


@dataclass(frozen=True)
class Contender:
    """What the rule looks at."""

    model: str
    score: float
    valid_share: float
    seconds: float
    """Per answer."""
    memory_bytes: int | None
    """That it takes when it answers, else on the disk; None where neither is known."""


@dataclass(frozen=True)
class Choice:
    """The chosen model, None where the rule lets none through, and the reason."""

    model: str | None
    reason: str


def choose_base(contenders: Sequence[Contender], rule: SurveyChoiceSettings) -> Choice:
    """The best of those whose answers are valid often enough, or the fastest (smallest) of its equals."""
    needed = f"{100 * rule.valid_share:g} % valid answers"
    able = [each for each in contenders if each.valid_share >= rule.valid_share]
    if not able:
        most = max(contenders, key=lambda each: each.valid_share)
        return Choice(
            None,
            f"No base model is chosen: none of {len(contenders)} has {needed} or more ({most.model} has the most, "
            f"{100 * most.valid_share:.0f} %); survey other models, raise options.num_predict, or lower "
            "choice.valid_share.",
        )
    best = max(able, key=lambda each: each.score)
    equals = [each for each in able if best.score - each.score <= rule.minimum_effect]
    chosen = min(equals, key=lambda each: (_cost(each, rule), -each.score))
    if len(equals) == 1:
        first = f"it scores {chosen.score:.3f}, the most of {len(able)} with {needed} or more"
        alone = f"it scores {chosen.score:.3f}, and {'alone' if len(contenders) > 1 else 'was surveyed alone; it'} has"
        why = first if len(able) > 1 else f"{alone} {needed} or more"
        return Choice(chosen.model, f"{chosen.model} is chosen: {why}.")
    others = f"{len(equals)} that score within {rule.minimum_effect:g} of the best ({best.model}, {best.score:.3f})"
    return Choice(chosen.model, f"{chosen.model} is chosen: {_said(chosen, rule)}, the least of {others}.")


def _cost(each: Contender, rule: SurveyChoiceSettings) -> float:
    if rule.among_equals == "faster":
        return each.seconds
    return math.inf if each.memory_bytes is None else each.memory_bytes


def _said(each: Contender, rule: SurveyChoiceSettings) -> str:
    if rule.among_equals == "faster":
        return f"it takes {each.seconds:.1f} s per answer"
    return "its memory is not known" if each.memory_bytes is None else f"it takes {gigabytes(each.memory_bytes)}"
