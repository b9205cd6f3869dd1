"""The assets of a domain that ends in an embedding model: raw -> triplets -> model -> benchmark -> champion.

A body reads its inputs, calls one function of `domain_ft.stages`, and says what came of it. That function and all
that shows its result are imported in the body: loading definitions must stay quick.
"""

from pathlib import Path

import dagster as dg

from domain_ft.components.asset_words import asset_words
from domain_ft.components.champion_asset import champion_asset
from domain_ft.components.launchpad import effective_domain
from domain_ft.components.raw_asset import raw_asset
from domain_ft.components.step import LoggedProgress, check_spec, plain_failures, run_tags, stage_arguments
from domain_ft.domain import EmbeddingDomain
from domain_ft.resources.compute import POOL, Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.state import StateRoot

# Functions with checks have more than one output, and Dagster takes no annotation for those.


def embedding_assets(domain: EmbeddingDomain) -> list[dg.AssetsDefinition]:
    """All assets of a domain, with their checks."""
    makers = (raw_asset, triplets_asset, embedding_model_asset, benchmark_asset, champion_asset)
    return [make(domain) for make in makers]


def triplets_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """What is learned from."""
    words = asset_words(domain)

    @dg.asset(
        **stage_arguments(domain, "triplets"),
        kinds={"polars", "parquet"},
        description=words.triplets,
        check_specs=[
            check_spec(domain, "triplets", "leakage", words.leakage, True),
            check_spec(domain, "triplets", "minimum_size", "There are enough training triplets.", True),
            *(check_spec(domain, "triplets", name, text) for name, text in words.triplet_checks.items()),
            check_spec(domain, "triplets", "repeated_texts", "Few triplets say what others say."),
        ],
    )
    def triplets(context: dg.AssetExecutionContext, raw: Path, state: StateRoot):
        from domain_ft import stages
        from domain_ft.components import checks, data_figures

        with plain_failures():
            settings = effective_domain(domain, context.run)
            result = stages.build_dataset(settings, state.home(), raw, progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.digest),
                metadata=data_figures.triplet_figures(result),
                check_results=checks.triplet_checks(result.path),
            )

    return triplets


def embedding_model_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The candidate."""

    @dg.asset(
        **stage_arguments(domain, "embedding_model", device=domain.training.device, pool=POOL),
        kinds={"pytorch", "huggingface"},
        description=f"`{domain.training.base_model}` fine-tuned on the triplets, in a process of its own: cancelled or "
        "killed, it goes on from its last checkpoint. Its loss shows here while it trains.",
        check_specs=[
            check_spec(
                domain, "embedding_model", "loads_and_encodes", "The folder is whole and the model works.", True
            ),
            check_spec(domain, "embedding_model", "collapse", "Different texts still have different embeddings."),
        ],
    )
    def embedding_model(
        context: dg.AssetExecutionContext, triplets: Path, state: StateRoot, compute: Compute, mlflow: Mlflow
    ):
        from domain_ft.components import checks, model_figures

        with plain_failures():
            mlflow.use()
            settings = effective_domain(domain, context.run)
            result = compute.train(settings, state.home(), triplets, context, tags=run_tags(context))
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.version),
                metadata=model_figures.model_figures(result),
                check_results=checks.model_checks(result.path, triplets),
            )

    return embedding_model


def benchmark_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The candidate's comparison."""

    @dg.asset(
        **stage_arguments(domain, "benchmark", device=domain.training.device, pool=POOL),
        kinds={"report", "json"},
        description="Random, BM25, base, champion, candidate, and BM25 with the candidate, on "
        f"{asset_words(domain).held_out}, with intervals and a verdict: WIN, INCONCLUSIVE or REGRESSION.",
        check_specs=[
            check_spec(domain, "benchmark", "guard_metrics", "No guard metric fell below the base model's."),
            check_spec(domain, "benchmark", "success_gates", "The candidate reaches what was aimed at."),
        ],
    )
    def benchmark(
        context: dg.AssetExecutionContext, embedding_model: Path, state: StateRoot, compute: Compute, mlflow: Mlflow
    ):
        from domain_ft import stages
        from domain_ft.components import checks, model_figures

        with plain_failures():
            mlflow.use()
            settings = compute.on_this_device(effective_domain(domain, context.run))
            result = stages.benchmark(
                settings,
                state.home(),
                embedding_model,
                progress=LoggedProgress(context.log),
                provenance=run_tags(context),
            )
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.digest),
                metadata=model_figures.benchmark_figures(result),
                check_results=checks.benchmark_checks(result),
            )

    return benchmark
