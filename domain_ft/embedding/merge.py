"""Interpolating a tuned model with its base: some of the gain is given back for what the base was good at before.

Wortsman et al., Robust fine-tuning of zero-shot models (WiSE-FT), 2022: theta = share * base + (1 - share) * tuned,
weight by weight. `auto` chooses the share on validation, among those that leave enough general ability.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from domain_ft.errors import DomainFtError

if TYPE_CHECKING:
    import torch

GRID = (0.0, 0.2, 0.4, 0.6, 0.8)
"""The shares of the base that `auto` tries."""
Weights = Mapping[str, "torch.Tensor"]


@dataclass(frozen=True)
class Trial:
    """One share of the base: what the merged model measures on validation (None without) and in general."""

    share: float
    validation: float | None
    general: float


@dataclass(frozen=True)
class Merge:
    """A merge that was done: the share of the base, what was tried, and the least general ability (None: no floor)."""

    share: float
    metric: str
    trials: tuple[Trial, ...]
    base_general: float
    floor: float | None = None

    @property
    def chosen(self) -> Trial:
        """The trial of the share that was taken."""
        return next(trial for trial in self.trials if trial.share == self.share)

    def values(self) -> dict[str, Any]:
        """The merge as a manifest holds it."""
        return {**asdict(self), "trials": [asdict(trial) for trial in self.trials]}

    def sentence(self) -> str:
        """The merge in words."""
        before = next(trial for trial in self.trials if trial.share == 0)
        how = (
            "as was asked" if self.floor is None else f"chosen on validation, general ability at least {self.floor:.3f}"
        )
        validation = (
            ""
            if before.validation is None
            else f"{self.metric} {before.validation:.3f} -> {self.chosen.validation:.3f}, "
        )
        return (
            f"{self.share:.0%} of the weights are the base model's ({how}): on validation {validation}general ability "
            f"{before.general:.3f} -> {self.chosen.general:.3f} (base {self.base_general:.3f})"
        )

    def warning(self) -> str | None:
        """A sentence if no share left as much general ability as was asked for."""
        if self.floor is None or self.chosen.general >= self.floor:
            return None
        return (
            f"no share of the base keeps a general ability of {self.floor:.3f} (the best, {self.share:g}, has "
            f"{self.chosen.general:.3f}): lower merge_floor, or train less"
        )


def interpolate(tuned: Weights, base: Weights, share: float) -> "dict[str, torch.Tensor]":
    """share * base + (1 - share) * tuned for all weights; at 0 and 1 exactly one of the two.

    DomainFtError where the two do not have the same weights.
    """
    import torch

    if tuned.keys() != base.keys() or any(tuned[name].shape != base[name].shape for name in tuned):
        raise DomainFtError(
            "merge_with_base: the tuned model and its base do not have the same weights; set it to null"
        )
    return {
        name: torch.lerp(weight, base[name].to(weight), share) if weight.is_floating_point() else weight
        for name, weight in tuned.items()
    }


def choose_share(trials: Sequence[Trial], floor: float) -> float:
    """The share with the best validation among those at or above the floor, of equals the larger.

    Where none is, the one of the best general ability.
    """
    enough = [trial for trial in trials if trial.general >= floor]
    if not enough:
        return max(trials, key=lambda trial: (trial.general, trial.share)).share
    return max(enough, key=lambda trial: (trial.validation or 0.0, trial.share)).share


def merge(
    tuned: Weights,
    base: Weights,
    *,
    share: float | None,
    floor: float,
    metric: str,
    use: Callable[[Weights], None],
    measure: Callable[[float], Trial],
) -> Merge:
    """Put a merged model's weights in place by `use`, and say what came of it; `share` None: choose it.

    `measure` tries the weights in use; `floor` is the least share of the base's general ability that must be left.
    """
    use(base)
    base_general = measure(1.0).general

    def tried(one: float) -> Trial:
        use(interpolate(tuned, base, one))
        return measure(one)

    shares = GRID if share is None else tuple(dict.fromkeys((0.0, share)))
    trials = tuple(tried(one) for one in shares)
    least = floor * base_general if share is None else None
    taken = choose_share(trials, least) if least is not None else share or 0.0
    use(interpolate(tuned, base, taken))
    return Merge(taken, metric, trials, base_general, least)
