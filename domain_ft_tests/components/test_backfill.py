"""All base models at once in the Dagster UI: as a backfill that the real daemon carries out, or beside all else."""

import time

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from domain_ft.components.base_assets import base_assets
from domain_ft.components.embedding_assets import embedding_assets
from domain_ft.domain import Domain
from domain_ft.store.home import Home
from domain_ft_tests.bases.conftest import domain, home
from domain_ft_tests.components import night
from domain_ft_tests.components.conftest import World
from domain_ft_tests.components.test_base_assets import COMPARISON, MODELS, definitions, instance, resources
from domain_ft_tests.components.test_daemon import NIGHT, daemon, wait_until

__all__ = ["domain", "home", "instance"]
pytestmark = pytest.mark.slow
ENDED = {BulkActionStatus.COMPLETED_SUCCESS, BulkActionStatus.COMPLETED_FAILED, BulkActionStatus.FAILED}
PARTITION = "dagster/partition"


def backfill_of_all(domain: Domain, instance: dg.DagsterInstance) -> PartitionBackfill:
    """What the UI asks for when both assets are selected and all partitions are to be materialized."""
    return PartitionBackfill.from_asset_partitions(
        backfill_id="all",
        asset_graph=definitions(domain).resolve_asset_graph(),
        partition_names=None,
        asset_selection=[MODELS, COMPARISON],
        backfill_timestamp=time.time(),
        tags={},
        dynamic_partitions_store=instance,
        all_partitions=True,
        title=None,
        description=None,
        run_config=None,
    )


def test_a_backfill_trains_each_base_in_a_run_of_its_own_and_then_ranks_them(
    home: Home, domain: Domain, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(night.DOMAIN_FILE, str(domain.file))
    instance.add_backfill(backfill_of_all(domain, instance))

    def ended() -> BulkActionStatus | None:
        found = instance.get_backfill("all")
        return found.status if found and found.status in ENDED else None

    with daemon(World(home), NIGHT):
        assert wait_until(ended, 500, "the end of the backfill") == BulkActionStatus.COMPLETED_SUCCESS
    last, *others = [run.tags.get(PARTITION) for run in instance.get_runs()]
    assert (last, {*others}, len(others)) == (None, {"small", "large"}, 2)
    shown = instance.get_latest_materialization_event(COMPARISON).asset_materialization.metadata  # type: ignore[union-attr]
    ranking = [record.data for record in shown["ranking"].records]  # type: ignore[union-attr]
    assert {row["base"] for row in ranking} == {"small", "large"}
    assert ranking[0]["base"] == shown["best"].value


def test_all_of_a_domain_s_assets_can_be_materialized_in_the_run_of_one_partition(
    domain: Domain, instance: dg.DagsterInstance
) -> None:
    assets = [*embedding_assets(domain), *base_assets(domain)]
    result = dg.materialize(assets, resources=resources(), instance=instance, partition_key="small")
    made = {event.asset_key: event.partition for event in result.get_asset_materialization_events()}
    assert made == {asset.key: "small" if asset.key == MODELS else None for asset in assets}
