"""The last asset of every chain: the model in use."""

from pathlib import Path
from typing import Any

import dagster as dg

from domain_ft.components.launchpad import effective_domain
from domain_ft.components.step import plain_failures, run_tags, stage_arguments
from domain_ft.domain import Domain
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.state import StateRoot


def champion_asset(domain: Domain) -> dg.AssetsDefinition:
    """The model in use."""

    @dg.asset(
        **stage_arguments(domain, "champion"),
        kinds={"mlflow"},
        description=f"The model in use, `models/{domain.name}/champion`: the candidate takes its place only on WIN and "
        "if no guard metric fell. Every version is in MLflow's registry.",
    )
    def champion(context: dg.AssetExecutionContext, benchmark: Path, state: StateRoot, mlflow: Mlflow) -> Any:
        from domain_ft import stages
        from domain_ft.components import model_figures

        with plain_failures():
            mlflow.use()
            settings = effective_domain(domain, context.run)
            result = stages.promote(settings, state.home(), benchmark, tags=run_tags(context))
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.champion or "none"),
                metadata=model_figures.champion_figures(result),
            )

    return champion
