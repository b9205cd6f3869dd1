"""The assets of a domain that ends in an adapter: raw -> audit, fixed -> lora_adapter -> benchmark -> champion.

Like those of an embedding model: a body reads its inputs, calls one function of `domain_ft.adapter_stages`, and says
what came of it.
"""

from pathlib import Path

import dagster as dg

from domain_ft.components.champion_asset import champion_asset
from domain_ft.components.launchpad import effective_domain
from domain_ft.components.raw_asset import raw_asset
from domain_ft.components.record_assets import audit_asset, fixed_asset
from domain_ft.components.step import LoggedProgress, check_spec, plain_failures, run_tags, stage_arguments
from domain_ft.domain import AdapterDomain
from domain_ft.resources.compute import POOL, Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.state import StateRoot

# Functions with checks have more than one output, and Dagster takes no annotation for those.


def adapter_assets(domain: AdapterDomain) -> list[dg.AssetsDefinition]:
    """All assets of a domain's chain, with their checks."""
    makers = (raw_asset, audit_asset, fixed_asset, lora_adapter_asset, benchmark_asset, champion_asset)
    return [make(domain) for make in makers]


def lora_adapter_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """The candidate."""

    @dg.asset(
        **stage_arguments(domain, "lora_adapter", device=domain.training.device, pool=POOL),
        kinds={"pytorch", "huggingface"},
        description=f"A LoRA adapter of `{domain.training.base_model}`, trained on the fixed records in a process of "
        "its own: cancelled or killed, it goes on from its last checkpoint. Loss and score show here while it trains.",
        check_specs=[
            check_spec(domain, "lora_adapter", "loads_and_answers", "The folder is whole, and the model works.", True),
            check_spec(domain, "lora_adapter", "truncation", "Hardly any record had to be cut to be learned from."),
            check_spec(domain, "lora_adapter", "learned", "It answers validation better than its base."),
        ],
    )
    def lora_adapter(
        context: dg.AssetExecutionContext, fixed: Path, state: StateRoot, compute: Compute, mlflow: Mlflow
    ):
        from domain_ft.components import adapter_checks, adapter_figures

        with plain_failures():
            mlflow.use()
            settings = compute.on_this_device(effective_domain(domain, context.run))
            result = compute.train_adapter(settings, state.home(), fixed, context, tags=run_tags(context))
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.version),
                metadata=adapter_figures.adapter_figures(result),
                check_results=adapter_checks.adapter_checks(state.home(), settings, result.path),
            )

    return lora_adapter


def benchmark_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """The candidate's comparison."""

    @dg.asset(
        **stage_arguments(domain, "benchmark", device=domain.training.device, pool=POOL),
        kinds={"report", "json"},
        description="Base, candidate, champion, both with the optimized prompt, a constant answer, a copied one and "
        "gold, asked about the held-out concepts, with intervals and a decision: GO, NO-GO or INCONCLUSIVE.",
        check_specs=[
            check_spec(domain, "benchmark", "guard_metrics", "No guard metric fell below the base model's."),
            check_spec(domain, "benchmark", "beyond_baselines", "It says more than answers that take no model."),
        ],
    )
    def benchmark(
        context: dg.AssetExecutionContext, lora_adapter: Path, state: StateRoot, compute: Compute, mlflow: Mlflow
    ):
        from domain_ft import adapter_stages
        from domain_ft.components import adapter_checks, adapter_figures

        with plain_failures():
            mlflow.use()
            result = adapter_stages.benchmark(
                compute.on_this_device(effective_domain(domain, context.run)),
                state.home(),
                lora_adapter,
                progress=LoggedProgress(context.log),
                provenance=run_tags(context),
            )
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.digest),
                metadata=adapter_figures.comparison_figures(result),
                check_results=adapter_checks.comparison_checks(result),
            )

    return benchmark
