"""General ability: how well base, champion and candidate find the partner of an everyday sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain_ft.evaluation.arms import BASE, CANDIDATE, ModelArm, model_figures
from domain_ft.evaluation.general.task import METRIC, general_task
from domain_ft.evaluation.statistics import Estimate, Resampling, compare, estimate_mean
from domain_ft.evaluation.verdict import Guard, guard

GENERAL_ABILITY = "general_ability"
"""The name of the guard."""


@dataclass(frozen=True)
class GeneralAbility:
    """Each model's MRR@10 on the everyday sentences, and candidate minus base."""

    queries: int
    arms: Mapping[str, Estimate]
    difference: Estimate | None
    guard: Guard


def general_ability(models: Mapping[str, ModelArm], resampling: Resampling, margin: float) -> GeneralAbility:
    """Ask every model; the candidate may not fall below the base by the margin."""
    task = general_task()
    values = {name: model_figures(task, model).overall[METRIC] for name, model in models.items()}
    estimates = {name: estimate_mean(each, task.clusters, resampling) for name, each in values.items()}
    arms = {name: estimate for name, estimate in estimates.items() if estimate is not None}
    paired = compare(values[CANDIDATE], values[BASE], task.clusters, resampling)
    return GeneralAbility(len(task.query_texts), arms, paired.estimate if paired else None, guard(paired, margin))
