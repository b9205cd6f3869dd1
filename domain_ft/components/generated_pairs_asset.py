"""Pairs made of papers and manuals, which land as files of rows: the landing sensor and ingest take over from there.

Nothing depends on it, and no stage reaches back to it. It is materialized by hand or by its own job, for a model takes
hours where rules take seconds.
"""

import dagster as dg

from domain_ft.components.launchpad import effective_domain, section_config
from domain_ft.components.step import LoggedProgress, asset_arguments, check_spec, plain_failures
from domain_ft.domain import EmbeddingDomain
from domain_ft.domain_settings import PairDomainSettings
from domain_ft.resources.ollama import OllamaServer
from domain_ft.resources.state import StateRoot

NAME = "generated_pairs"


def generates(domain: object) -> bool:
    """Whether pairs can be made of documents for a domain: it learns from pairs."""
    return isinstance(domain, EmbeddingDomain) and isinstance(domain.settings, PairDomainSettings)


def generated_pairs_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The asset of a domain of pairs."""

    @dg.asset(
        **asset_arguments(domain, NAME),
        config_schema=section_config("generation", domain.generation),
        kinds={"jsonl"},
        description="Query-passage pairs made of the papers and manuals in the domain's folder of documents (TXT, TEI "
        "XML, PDF, HTML), by rules or by a model of Ollama. They land as a file per document; stopped, it goes on with "
        "the next passage, and asks nothing twice.",
        check_specs=[
            check_spec(domain, NAME, "adds_up", "Files, passages and pairs are all accounted for."),
            check_spec(domain, NAME, "readable", "Every document could be read, and every passage asked about."),
        ],
    )
    def generated_pairs(context: dg.AssetExecutionContext, state: StateRoot, ollama: OllamaServer):
        from domain_ft.components.generated_pairs_figures import generated_checks, generated_figures
        from domain_ft.generate_pairs import generate_pairs

        with plain_failures():
            settings = effective_domain(domain, context.run)
            asking = ollama.on_this_server(settings.generation)
            result = generate_pairs(settings, state.home(), settings=asking, progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                data_version=dg.DataVersion(result.digest),
                metadata=generated_figures(result),
                check_results=generated_checks(result),
            )

    return generated_pairs
