"""A better prompt for the base model: an asset beside the chain, whose newest outcome the benchmark compares."""

from pathlib import Path
from typing import Any

import dagster as dg

from domain_ft.components.launchpad import asset_key, effective_domain, section_config
from domain_ft.components.step import LoggedProgress, asset_arguments, plain_failures
from domain_ft.domain import AdapterDomain
from domain_ft.resources.compute import POOL, Compute
from domain_ft.resources.state import StateRoot

NAME = "optimized_prompt"


def optimized_prompt_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """The prompt that the base model answers best."""

    @dg.asset(
        **asset_arguments(domain, NAME, device=domain.training.device),
        ins={"fixed": dg.AssetIn(key=asset_key(domain.name, "fixed"))},
        config_schema=section_config("prompt", domain.prompt),
        io_manager_key="results",
        pool=POOL,
        kinds={"dspy"},
        description="The prompt that the base model answers best on validation, searched for with DSPy's MIPROv2 "
        "beside the default one; where nothing beats that, it is the default one. Stopped, the search goes on.",
    )
    def optimized_prompt(context: dg.AssetExecutionContext, fixed: Path, state: StateRoot, compute: Compute) -> Any:
        from domain_ft import adapter_stages
        from domain_ft.components.adapter_figures import prompt_figures

        with plain_failures():
            settings = compute.on_this_device(effective_domain(domain, context.run))
            result = adapter_stages.optimize_prompt(settings, state.home(), fixed, progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                value=result, data_version=dg.DataVersion(result.path.name), metadata=prompt_figures(result)
            )

    return optimized_prompt
