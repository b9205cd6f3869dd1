"""Which queries the domain's model was not made for: a detector that follows the champion, for `search` to ask.

It stands beside the chain: a retrain makes it anew. A dataset with too few queries is passed over with the reason in
the log, for a retrain is not to fail for that.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from domain_ft.components.launchpad import asset_key, effective_domain, given_overrides, section_config
from domain_ft.components.step import LoggedProgress, asset_arguments, check_spec, plain_failures, run_tags
from domain_ft.domain import EmbeddingDomain
from domain_ft.resources.compute import POOL, Compute
from domain_ft.resources.state import StateRoot

NAME = "out_of_distribution"
CHECK = "false_alarms"


def out_of_distribution_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The detector of an embedding domain."""

    @dg.asset(
        **asset_arguments(domain, NAME, device=domain.training.device),
        deps=[asset_key(domain.name, "champion")],
        config_schema=section_config(NAME, domain.out_of_distribution),
        pool=POOL,
        kinds={"report", "json"},
        output_required=False,
        description="A distance to the queries that were trained on, and from where on a query is a stranger: chosen "
        "on validation, measured on test against everyday sentences and the queries of other domains.",
        check_specs=[check_spec(domain, NAME, CHECK, "Not more of its own test queries are strangers than promised.")],
    )
    def out_of_distribution(context: dg.AssetExecutionContext, state: StateRoot, compute: Compute) -> Iterator[Any]:
        from domain_ft.components.out_of_distribution_figures import detector_figures, false_alarms
        from domain_ft.detect_strangers import detect_strangers
        from domain_ft.errors import NothingToJudgeError

        with plain_failures():
            settings = compute.on_this_device(effective_domain(domain, context.run))
            given = given_overrides(domain, context.run.run_config)
            try:
                result = detect_strangers(
                    settings,
                    state.home(),
                    trial=any(setting.startswith(f"{NAME}.") for setting in given),
                    progress=LoggedProgress(context.log),
                    provenance=run_tags(context),
                )
            except NothingToJudgeError as error:
                context.log.warning(str(error))
                yield dg.AssetCheckResult(check_name=CHECK, passed=True, description=f"Not asked: {error}")
                return
            yield dg.MaterializeResult(
                data_version=dg.DataVersion(result.digest),
                metadata=detector_figures(result),
                check_results=false_alarms(result.content),
            )

    return out_of_distribution
