"""The first asset of every domain: what landed, as normalized tables."""

import dagster as dg

from domain_ft.components.asset_words import asset_words
from domain_ft.components.launchpad import effective_domain
from domain_ft.components.step import LoggedProgress, check_spec, plain_failures, stage_arguments
from domain_ft.domain import Domain
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import readable_path
from domain_ft.store.publish import read_manifest

RAW_CONFIG = {
    "files": dg.Field(
        [str], is_required=False, description="Files to read, below a folder that may be read; none: what has landed."
    )
}
"""Which files are read."""


def raw_asset(domain: Domain) -> dg.AssetsDefinition:
    """What landed, as normalized tables."""
    words = asset_words(domain)

    @dg.asset(
        **stage_arguments(domain, "raw", config_schema=RAW_CONFIG),
        kinds={"polars", "parquet"},
        description=f"What landed in `data/{domain.name}/landing/`, {words.tables}. Rows that cannot be used lie in "
        "quarantine with their file, line and reason.",
        check_specs=[
            check_spec(domain, "raw", "frame_contract", "A sample has the columns, types and verdicts expected.", True),
            check_spec(domain, "raw", "quarantine_share", "Few of the rows read had to be rejected."),
        ],
    )
    def raw(context: dg.AssetExecutionContext, state: StateRoot):
        from domain_ft import stages
        from domain_ft.components import checks, data_figures

        with plain_failures():
            home, settings = state.home(), effective_domain(domain, context.run)
            files = [readable_path(text, home) for text in context.op_execution_context.op_config.get("files", [])]
            result = stages.ingest(settings, home, files or None, progress=LoggedProgress(context.log))
            return dg.MaterializeResult(
                value=result,
                data_version=dg.DataVersion(read_manifest(result.path)["content_digest"]),
                metadata=data_figures.raw_figures(result),
                check_results=checks.raw_checks(result),
            )

    return raw
