"""Which queries the domain's model was not made for: a detector that follows the champion, for `search` to ask.

It stands beside the chain: a retrain makes it anew. A dataset with too few queries is passed over with the reason in
the log, for a retrain is not to fail for that.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from domain_ft.components.follow_up import follow_up_arguments, is_trial, passed_over
from domain_ft.components.launchpad import effective_domain
from domain_ft.components.step import LoggedProgress, check_spec, plain_failures, run_tags
from domain_ft.domain import EmbeddingDomain
from domain_ft.resources.compute import Compute
from domain_ft.resources.state import StateRoot

NAME = "out_of_distribution"
CHECK = "false_alarms"


def out_of_distribution_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The detector of an embedding domain."""

    @dg.asset(
        **follow_up_arguments(domain, NAME),
        kinds={"report", "json"},
        output_required=False,
        description="A distance to the queries that were trained on, and from where on a query is a stranger: chosen "
        "on validation, measured on test against everyday sentences and the queries of other domains.",
        check_specs=[check_spec(domain, NAME, CHECK, "Not more of its own test queries are strangers than promised.")],
    )
    def out_of_distribution(context: dg.AssetExecutionContext, state: StateRoot, compute: Compute) -> Iterator[Any]:
        from domain_ft.components.out_of_distribution_figures import detector_figures, false_alarms
        from domain_ft.errors import NothingToJudgeError
        from domain_ft.uses.detect_strangers import detect_strangers

        with plain_failures():
            settings = compute.on_this_device(effective_domain(domain, context.run))
            try:
                result = detect_strangers(
                    settings,
                    state.home(),
                    trial=is_trial(domain, NAME, context.run),
                    progress=LoggedProgress(context.log),
                    provenance=run_tags(context),
                )
            except NothingToJudgeError as error:
                yield passed_over(context, CHECK, error)
                return
            yield dg.MaterializeResult(
                data_version=dg.DataVersion(result.digest),
                metadata=detector_figures(result),
                check_results=false_alarms(result.content),
            )

    return out_of_distribution
