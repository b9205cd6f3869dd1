"""What the model is for: the passages that can be found in the domain, indexed with the champion.

It stands beside the chain and follows the champion: a retrain makes it anew, and says whether the passages that answer
held-out queries are found better than with the model before.
"""

import dagster as dg

from domain_ft.components.follow_up import follow_up_arguments, is_trial
from domain_ft.components.launchpad import effective_domain
from domain_ft.components.step import LoggedProgress, check_spec, plain_failures
from domain_ft.domain import EmbeddingDomain
from domain_ft.resources.compute import Compute
from domain_ft.resources.state import StateRoot

NAME = "index"

# A function with checks has more than one output, and Dagster takes no annotation for those.


def index_asset(domain: EmbeddingDomain) -> dg.AssetsDefinition:
    """The index of a domain's passages."""

    @dg.asset(
        **follow_up_arguments(domain, NAME),
        kinds={"lancedb"},
        description="The passages, embedded with the champion, in a LanceDB table: `domain-ft search` finds them by "
        "words and by meaning. Compared with the index before on held-out queries.",
        check_specs=[
            check_spec(domain, NAME, "complete", "Every passage stands in it.", True),
            check_spec(domain, NAME, "recall", "It finds what an exact search finds."),
            check_spec(domain, NAME, "keeps_up", "Held-out queries are found no worse than with the index before."),
        ],
    )
    def index(context: dg.AssetExecutionContext, state: StateRoot, compute: Compute):
        from domain_ft.components.index_figures import index_checks, index_figures
        from domain_ft.uses.index_passages import index_passages

        with plain_failures():
            settings = compute.on_this_device(effective_domain(domain, context.run))
            trial = is_trial(domain, NAME, context.run)
            result = index_passages(settings, state.home(), trial=trial, progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                data_version=dg.DataVersion(result.digest),
                metadata=index_figures(result),
                check_results=index_checks(result),
            )

    return index
