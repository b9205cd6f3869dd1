"""The assets of requirement records: raw -> audit, raw -> fixed.

Each body reads its input, calls one function of `domain_ft.adapter_stages`, and says what came of it.
"""

from pathlib import Path

import dagster as dg

from domain_ft.components.launchpad import asset_key, effective_domain
from domain_ft.components.step import LoggedProgress, check_spec, plain_failures, stage_arguments
from domain_ft.domain import AdapterDomain
from domain_ft.resources.state import StateRoot

# Functions with checks have more than one output, and Dagster takes no annotation for those.


def audit_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """What is wrong with what landed."""

    @dg.asset(
        **stage_arguments(domain, "audit"),
        kinds={"report", "json"},
        description="What is wrong with the records as they landed: ids, counts, YAML, missing fields, priorities, "
        "duplicates, mojibake, lengths, each with the records concerned and with examples. Nothing is changed.",
        check_specs=[check_spec(domain, "audit", "soundness", "Records are sound as they landed.")],
    )
    def audit(context: dg.AssetExecutionContext, raw: Path, state: StateRoot):
        from domain_ft import adapter_stages
        from domain_ft.components import requirement_checks, requirement_figures

        with plain_failures():
            settings = effective_domain(domain, context.run)
            result = adapter_stages.audit(settings, state.home(), raw, progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.digest),
                metadata=requirement_figures.audit_figures(result),
                check_results=requirement_checks.audit_checks(result),
            )

    return audit


def fixed_asset(domain: AdapterDomain) -> dg.AssetsDefinition:
    """What is learned from."""

    @dg.asset(
        **stage_arguments(domain, "fixed", made_from="raw"),
        deps=[asset_key(domain.name, "audit")],
        kinds={"jsonl"},
        description="The records that are sound, or that could be repaired, scored and divided by concept family into "
        "train, validation and test. `diff.jsonl` says what was changed, `quarantine.jsonl` what could not be.",
        check_specs=[
            check_spec(domain, "fixed", "ids", "Each id is the one of its place: FR001, FR002, ...", True),
            check_spec(domain, "fixed", "counts", "Records are complete, all there, and enough to learn from.", True),
            check_spec(domain, "fixed", "leakage", "No concept, no family, nor one nearly the same, is divided.", True),
            check_spec(domain, "fixed", "duplicates", "Few records say what others say."),
            check_spec(domain, "fixed", "grounding", "Records are about their own concepts."),
        ],
    )
    def fixed(context: dg.AssetExecutionContext, raw: Path, state: StateRoot):
        from domain_ft import adapter_stages
        from domain_ft.components import requirement_checks, requirement_figures

        with plain_failures():
            settings = effective_domain(domain, context.run)
            result = adapter_stages.fix(settings, state.home(), raw, progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(result.digest),
                metadata=requirement_figures.fixed_figures(result),
                check_results=requirement_checks.requirement_checks(result.path, settings.audit.near_duplicate),
            )

    return fixed
