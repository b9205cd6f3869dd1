"""General ability: how well base, champion and candidate find the partner of an everyday sentence.

MRR@10 shows small losses, and moves by as much as a guard's margin where nothing was lost; accuracy@10 moves far less,
so that an interval on these sentences can tell a real loss from chance. The guard is on that one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain_ft.evaluation.arms import BASE, CANDIDATE, ModelArm, model_figures
from domain_ft.evaluation.general.task import general_task
from domain_ft.evaluation.statistics import Estimate, Resampling, compare, estimate_mean
from domain_ft.evaluation.verdict import Guard, guard

GENERAL_ABILITY = "general_ability"
"""The name of the guard."""
GUARDED = "accuracy_at_10"
LEAST = 0.5
"""A base model that finds fewer of the partners (of another language, say) has nothing here that could be lost."""


@dataclass(frozen=True)
class GeneralAbility:
    """Each model's figures on the everyday sentences, candidate minus base, and the guard."""

    queries: int
    arms: Mapping[str, Mapping[str, Estimate | None]]
    """Arm, then metric."""
    differences: Mapping[str, Estimate | None]
    """Candidate minus base, by metric."""
    guard: Guard | None
    """None where the base finds fewer than `LEAST`."""


def general_ability(models: Mapping[str, ModelArm], resampling: Resampling, margin: float) -> GeneralAbility:
    """Ask every model; in accuracy@10 the candidate may not fall below the base by the margin."""
    task = general_task()
    values = {name: model_figures(task, model).overall for name, model in models.items()}
    paired = {
        metric: compare(values[CANDIDATE][metric], values[BASE][metric], task.clusters, resampling)
        for metric in task.metrics
    }
    known = values[BASE][GUARDED].mean() >= LEAST
    return GeneralAbility(
        queries=len(task.query_texts),
        arms={
            name: {metric: estimate_mean(figures[metric], task.clusters, resampling) for metric in task.metrics}
            for name, figures in values.items()
        },
        differences={metric: one.estimate if one else None for metric, one in paired.items()},
        guard=guard(paired[GUARDED], margin) if known else None,
    )
