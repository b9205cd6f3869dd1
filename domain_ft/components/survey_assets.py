"""The assets of a survey of local models: a partition per model, and one leaderboard of all that answered.

They stand beside the chain of a domain: no job runs them, no sensor asks for them, nothing is promoted by them.
"""

from pathlib import Path
from typing import Any

import dagster as dg

from domain_ft.components.launchpad import asset_key, effective_domain, section_config
from domain_ft.components.step import LoggedProgress, asset_arguments, plain_failures
from domain_ft.domain import AdapterDomain
from domain_ft.resources.compute import POOL
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.ollama import OllamaServer
from domain_ft.resources.state import StateRoot
from domain_ft.survey.model_name import partition_key

SURVEY, LEADERBOARD = "model_survey", "model_leaderboard"
_GIVEN_BY_PARTITION = ("models",)


def survey_assets(domain: AdapterDomain) -> list[dg.AssetsDefinition]:
    """The two assets, where the domain names models to survey."""
    return [model_survey_asset(domain), leaderboard_asset(domain)] if domain.survey.models else []


def model_survey_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """Each model's answers, scored."""
    config = section_config("survey", domain.survey)

    @dg.asset(
        **asset_arguments(domain, SURVEY, device=domain.survey.device),
        ins={"fixed": dg.AssetIn(key=asset_key(domain.name, "fixed"))},
        partitions_def=dg.StaticPartitionsDefinition([partition_key(model) for model in domain.survey.models]),
        config_schema={name: field for name, field in config.items() if name not in _GIVEN_BY_PARTITION},
        io_manager_key="results",
        pool=POOL,
        kinds={"ollama", "json"},
        description="Each of several local models asked for the requirements of held-out concepts, and what it says "
        "scored; a partition each. Stopped, it goes on with the next question.",
    )
    def model_survey(
        context: dg.AssetExecutionContext, fixed: Path, state: StateRoot, mlflow: Mlflow, ollama: OllamaServer
    ) -> Any:
        from domain_ft.components.survey_figures import ShownAnswers, surveyed_figures
        from domain_ft.survey.one import survey_model
        from domain_ft.survey.settings import chosen_model

        with plain_failures():
            mlflow.use()
            settings = effective_domain(domain, context.run)
            survey = ollama.on_this_server(settings.survey)
            result = survey_model(
                survey,
                settings.dataset.score,
                state.home(),
                domain.name,
                fixed,
                chosen_model(survey, context.partition_key),
                progress=LoggedProgress(context.log),
                on_answer=ShownAnswers(context),
            )
            return dg.MaterializeResult(
                data_version=dg.DataVersion(str(result.content["digest"])), metadata=surveyed_figures(result)
            )

    return model_survey


def leaderboard_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """All that answered, ranked."""

    @dg.asset(
        **asset_arguments(domain, LEADERBOARD),
        ins={"fixed": dg.AssetIn(key=asset_key(domain.name, "fixed"))},
        deps=[asset_key(domain.name, SURVEY)],
        kinds={"report", "json"},
        description="The models that were asked the same questions in the same way, ranked: score with its interval, "
        "valid answers, speed, memory, the front of score against speed, and which of them to begin from.",
    )
    def model_leaderboard(context: dg.AssetExecutionContext, fixed: Path, state: StateRoot, mlflow: Mlflow) -> Any:
        from domain_ft.components.survey_figures import leaderboard_figures
        from domain_ft.survey.board import build_leaderboard

        with plain_failures():
            mlflow.use()
            settings = effective_domain(domain, context.run)
            result = build_leaderboard(
                settings.survey,
                settings.dataset.score,
                state.home(),
                domain.name,
                fixed,
                progress=LoggedProgress(context.log),
            )
            return dg.MaterializeResult(
                data_version=dg.DataVersion(str(result.content["digest"])), metadata=leaderboard_figures(result)
            )

    return model_leaderboard
