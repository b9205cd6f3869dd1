"""The assets of a domain that compares several base models: a partition per base, and one table that ranks them.

They stand beside the chain that ends in the champion: no job runs them, no sensor asks for them, nothing is promoted.
"""

from pathlib import Path
from typing import Any

import dagster as dg

from domain_ft.components.launchpad import asset_key, effective_domain, section_config
from domain_ft.components.step import LoggedProgress, asset_arguments, plain_failures
from domain_ft.domain import EmbeddingDomain
from domain_ft.resources.compute import POOL, Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.state import StateRoot

MODELS, COMPARISON = "base_models", "base_comparison"
_GIVEN_BY_PARTITION = ("base_model", "base_revision")


def base_assets(domain: EmbeddingDomain) -> list[dg.AssetsDefinition]:
    """The two assets, where the domain names base models to compare."""
    return [base_models_asset(domain), base_comparison_asset(domain)] if domain.bases else []


def base_models_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """Each base, tuned and judged on validation."""
    config = section_config("training", domain.training)

    @dg.asset(
        **asset_arguments(domain, MODELS, device=domain.training.device),
        ins={"triplets": dg.AssetIn(key=asset_key(domain.name, "triplets"))},
        partitions_def=dg.StaticPartitionsDefinition([base.key for base in domain.bases]),
        config_schema={name: field for name, field in config.items() if name not in _GIVEN_BY_PARTITION},
        io_manager_key="results",
        pool=POOL,
        kinds={"pytorch", "huggingface"},
        description="Each of several base models fine-tuned on the triplets with the domain's training settings and "
        "judged on the validation split, a partition each. None becomes a candidate by that.",
    )
    def base_models(context: dg.AssetExecutionContext, triplets: Path, state: StateRoot, compute: Compute) -> Any:
        from domain_ft.bases.train import chosen_base
        from domain_ft.components import base_figures

        with plain_failures():
            settings = effective_domain(domain, context.run, training=MODELS)
            base = chosen_base(settings, context.partition_key)
            result = compute.train_base(settings, state.home(), base, triplets, context, LoggedProgress(context.log))
            return dg.MaterializeResult(
                data_version=dg.DataVersion(result.training.version),
                metadata=base_figures.base_model_figures(result),
            )

    return base_models


def base_comparison_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """All that were tuned, ranked."""

    @dg.asset(
        **asset_arguments(domain, COMPARISON, device=domain.training.device),
        deps=[asset_key(domain.name, MODELS)],
        pool=POOL,
        kinds={"report", "json"},
        description="The base models that were tuned on the newest triplets, ranked on the validation split: each "
        "tuned and untuned, with intervals and the differences to the best.",
    )
    def base_comparison(context: dg.AssetExecutionContext, state: StateRoot, compute: Compute, mlflow: Mlflow) -> Any:
        from domain_ft.bases.compare import compare_bases
        from domain_ft.components import base_figures

        with plain_failures():
            mlflow.use()
            settings = compute.on_this_device(effective_domain(domain, context.run))
            result = compare_bases(settings, state.home(), progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                data_version=dg.DataVersion(str(result.content["digest"])),
                metadata=base_figures.base_comparison_figures(result),
            )

    return base_comparison
