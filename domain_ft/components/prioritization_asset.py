"""What the embeddings are for: orders of tests compared on the builds held out, and the one that the ranking uses.

It stands beside the chain and follows the champion: a retrain makes it anew. A history of which nothing can be said
yet is passed over with the reason in the log, for a retrain is not to fail for that.
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

NAME = "prioritization"
CHECK = "keeps_up"


def prioritization_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The experiment of a domain of test histories."""

    @dg.asset(
        **follow_up_arguments(domain, NAME),
        kinds={"report", "json"},
        output_required=False,
        description="Orders of tests (by chance, history, cost, words, embeddings, all together, learned) compared on "
        "held-out builds: how early each finds the faults, with intervals and verdicts, and which of them rank uses.",
        check_specs=[check_spec(domain, NAME, CHECK, "The model's order does not lose to the hybrid of late.")],
    )
    def prioritization(context: dg.AssetExecutionContext, state: StateRoot, compute: Compute) -> Iterator[Any]:
        from domain_ft.components.prioritization_figures import keeps_up, prioritization_figures
        from domain_ft.errors import NothingToJudgeError
        from domain_ft.uses.judge_orders import judge_orders

        with plain_failures():
            settings = compute.on_this_device(effective_domain(domain, context.run))
            try:
                result = judge_orders(
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
                metadata=prioritization_figures(result),
                check_results=keeps_up(result.choice),
            )

    return prioritization
