"""What the embeddings are for: orders of tests compared on the builds held out, and the one that the ranking uses.

It stands beside the chain and follows the champion: a retrain makes it anew. A history of which nothing can be said
yet is passed over with the reason in the log, for a retrain is not to fail for that.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from domain_ft.components.launchpad import asset_key, effective_domain, given_overrides, section_config
from domain_ft.components.step import LoggedProgress, asset_arguments, check_spec, plain_failures, run_tags
from domain_ft.domain import EmbeddingDomain
from domain_ft.resources.compute import POOL, Compute
from domain_ft.resources.state import StateRoot

NAME = "prioritization"


def prioritization_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The experiment of a domain of test histories."""

    @dg.asset(
        **asset_arguments(domain, NAME, device=domain.training.device),
        deps=[asset_key(domain.name, "champion")],
        config_schema=section_config(NAME, domain.prioritization),
        pool=POOL,
        kinds={"report", "json"},
        output_required=False,
        description="Orders of tests (by chance, history, cost, words, embeddings, all together, learned) compared on "
        "held-out builds: how early each finds the faults, with intervals and verdicts, and which of them rank uses.",
        check_specs=[check_spec(domain, NAME, "keeps_up", "The model's order does not lose to the hybrid of late.")],
    )
    def prioritization(context: dg.AssetExecutionContext, state: StateRoot, compute: Compute) -> Iterator[Any]:
        from domain_ft import stages
        from domain_ft.components.prioritization_figures import keeps_up, prioritization_figures
        from domain_ft.errors import NothingToJudgeError

        with plain_failures():
            settings = compute.on_this_device(effective_domain(domain, context.run))
            given = given_overrides(domain, context.run.run_config)
            try:
                result = stages.prioritize(
                    settings,
                    state.home(),
                    trial=any(setting.startswith(f"{NAME}.") for setting in given),
                    progress=LoggedProgress(context.log),
                    provenance=run_tags(context),
                )
            except NothingToJudgeError as error:
                context.log.warning(str(error))
                yield dg.AssetCheckResult(check_name="keeps_up", passed=True, description=f"Not asked: {error}")
                return
            yield dg.MaterializeResult(
                data_version=dg.DataVersion(result.digest),
                metadata=prioritization_figures(result),
                check_results=keeps_up(result.choice),
            )

    return prioritization
