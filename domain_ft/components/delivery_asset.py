"""The champion brought to an Ollama server: an asset beside the chain, made when a person (or a job of theirs) says so.

Nothing is delivered by a retrain alone: who serves a model decides when it changes.
"""

from typing import Any

import dagster as dg

from domain_ft.components.launchpad import asset_key, effective_domain, section_config
from domain_ft.components.step import LoggedProgress, asset_arguments, plain_failures
from domain_ft.domain import AdapterDomain
from domain_ft.resources.compute import POOL
from domain_ft.resources.ollama import OllamaServer
from domain_ft.resources.state import StateRoot

NAME = "ollama_model"


def ollama_model_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """The champion as a model of Ollama."""

    @dg.asset(
        **asset_arguments(domain, NAME),
        deps=[asset_key(domain.name, "champion")],
        config_schema=section_config("delivery", domain.delivery),
        pool=POOL,
        kinds={"ollama"},
        description="The champion packaged for Ollama (by the first way that its server takes), made on the "
        "server under a tag of its own, asked once, and only then served. `domain-ft export-ollama` does the same.",
    )
    def ollama_model(context: dg.AssetExecutionContext, state: StateRoot, ollama: OllamaServer) -> Any:
        from domain_ft import adapter_stages
        from domain_ft.components.adapter_figures import export_figures

        with plain_failures():
            settings = effective_domain(domain, context.run)
            result = adapter_stages.export_ollama(
                settings,
                state.home(),
                delivery=ollama.on_this_server(settings.delivery),
                progress=LoggedProgress(context.log),
            )
            return dg.MaterializeResult(data_version=dg.DataVersion(result.path.name), metadata=export_figures(result))

    return ollama_model
