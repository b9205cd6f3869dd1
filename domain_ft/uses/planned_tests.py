"""How many tests of a ranking are to run: by a budget, or by what an experiment has measured.

What cannot be planned for lets all of them run, and says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from domain_ft.amounts import counted
from domain_ft.errors import InputError
from domain_ft.prioritization.budget import Budget, Chosen, Wanted, choose, parse_budget
from domain_ft.prioritization.rank import RankedTest
from domain_ft.prioritization.ranking import Asked

_EVERYTHING = Budget("100%", share=1.0)


@dataclass(frozen=True)
class MeasuredShare:
    """The share of test time by which so large a share of the judged builds had shown a fault (both 0 to 1)."""

    time: float
    builds: float


@dataclass(frozen=True)
class Plan:
    """What a plan rests on: the experiment in use (None: there is none), the order that ranks, the domain's name, and
    whether the history has any duration."""

    experiment: Mapping[str, Any] | None
    order: str
    domain: str
    durations: bool

    def chosen(self, asked: Asked, results: Sequence[RankedTest]) -> tuple[Chosen, list[str]]:
        """The tests to run, and what there is to say of it."""
        wanted = [Wanted(test.expected_s, test.must_run) for test in results]
        told = []
        if asked.budget is not None and asked.confidence is not None:
            told = [f"--budget {asked.budget} decides, and --confidence {asked.confidence:g} is not looked at"]
        try:
            budget, measured = self._budget(asked)
        except InputError as error:
            return cast(Chosen, choose(wanted, _EVERYTHING)), [*told, f"nothing was left out: {error}"]
        chosen = choose(wanted, budget)
        if chosen is None:
            told.append(f"nothing was left out: --budget {asked.budget}: {self._no_durations}")
            return cast(Chosen, choose(wanted, _EVERYTHING)), told
        return chosen, [*told, *measured, *_beyond(asked, budget, chosen, results)]

    @property
    def _no_durations(self) -> str:
        if self.durations:
            return "a time needs durations, and none of these tests has a known one; write a share"
        return "a time needs durations, and the history has none; map source.columns.duration, or write a share"

    def _budget(self, asked: Asked) -> tuple[Budget, list[str]]:
        """The budget, and what a confidence rests on: builds that are past, and how many of them."""
        if asked.budget is not None:
            try:
                return parse_budget(asked.budget), []
            except ValueError as error:
                raise InputError(f"--budget: {error}") from None
        if asked.confidence is None:
            return _EVERYTHING, []
        if self.experiment is None:
            raise InputError(f"--confidence: nothing was measured yet; run domain-ft prioritize {self.domain}")
        share = share_for_confidence(self.experiment["curve"], self.order, asked.confidence)
        if share is None:
            raise InputError(
                f"--confidence: the experiment has no curve of the order {self.order}; "
                f"run domain-ft prioritize {self.domain}"
            )
        judged = counted(self.experiment["builds"]["judged"], "judged builds")
        told = (
            f"--confidence {asked.confidence:g}: by {100 * share.time:.3g} % of the test time, "
            f"{100 * share.builds:.3g} % of the {judged} had shown a fault"
        )
        return Budget(f"{asked.confidence:g} % sure", share=share.time), [told]


def share_for_confidence(curve: Mapping[str, Any], order: str, percent: float) -> MeasuredShare | None:
    """The least share of test time by which, on the test split, so many per cent of builds with a fault had shown it;
    the whole time where that is never reached before; None where the order was not measured."""
    caught = curve["caught"].get(order)
    if caught is None:
        return None
    for share, one in zip(curve["share"], caught, strict=True):
        if one is not None and 100 * one["mean"] >= percent - 1e-9:
            return MeasuredShare(float(share), float(one["mean"]))
    return MeasuredShare(1.0, 1.0)


def _beyond(asked: Asked, budget: Budget, chosen: Chosen, results: Sequence[RankedTest]) -> list[str]:
    """That more is run than was asked for, and for whose sake."""
    room = budget.seconds if budget.seconds is not None else cast(float, budget.share) * chosen.all_seconds
    if chosen.seconds <= room * (1 + 1e-6) or all(test.expected_s is None for test in results):
        return []
    forced = "what must run" if any(test.must_run for test in results) else "the first test"
    name = f"--budget {asked.budget}" if asked.budget is not None else f"--confidence {asked.confidence:g}"
    return [f"more than {name} gives is run: {forced} takes longer, and runs in any case"]
