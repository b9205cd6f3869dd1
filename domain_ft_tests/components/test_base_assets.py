"""Several base models in the Dagster UI: a partition each, materialized one by one, and one asset that ranks them."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from domain_ft.components.base_assets import base_assets
from domain_ft.components.embedding_assets import embedding_assets
from domain_ft.components.embedding_domain import EmbeddingDomain
from domain_ft.domain import EmbeddingDomain as Domain
from domain_ft.instance import prepare_instance
from domain_ft.resources.compute import Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.results import StageResults
from domain_ft.resources.state import StateRoot
from domain_ft.status import status_of_domain
from domain_ft.store.home import Home
from domain_ft_tests.bases.conftest import domain, home, pointers

__all__ = ["domain", "home"]
MODELS, COMPARISON = dg.AssetKey(["my_history", "base_models"]), dg.AssetKey(["my_history", "base_comparison"])


@pytest.fixture(scope="module")
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The project's own instance, on disk."""
    prepare_instance(home)
    with dg.DagsterInstance.get() as instance:
        yield instance


def resources() -> dict[str, Any]:
    state = StateRoot()
    return {"state": state, "results": StageResults(state=state), "compute": Compute(), "mlflow": Mlflow()}


def materialize(
    domain: Domain, instance: dg.DagsterInstance, *keys: dg.AssetKey, **more: Any
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [*embedding_assets(domain), *base_assets(domain)],
        selection=dg.AssetSelection.assets(*keys),
        resources=resources(),
        instance=instance,
        raise_on_error=False,
        **more,
    )


@pytest.fixture(scope="module")
def compared(domain: Domain, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Each partition materialized, then the comparison."""
    for base in domain.bases:
        assert materialize(domain, instance, MODELS, partition_key=base.key).success
    return materialize(domain, instance, COMPARISON)


def definitions(domain: Domain) -> dg.Definitions:
    """All that a domain's file becomes, with the resources that it needs."""
    return dg.Definitions.merge(EmbeddingDomain(domain).build_defs(None), dg.Definitions(resources=resources()))


def test_a_domain_without_base_models_has_neither_asset(domain: Domain) -> None:
    plain = Domain(domain.settings.model_copy(update={"base_models": ()}), domain.file)
    without, named = ({spec.key for spec in definitions(each).resolve_all_asset_specs()} for each in (plain, domain))
    assert named - without == {MODELS, COMPARISON}


def test_no_job_trains_the_bases(domain: Domain) -> None:
    jobs = [job for job in definitions(domain).resolve_all_job_defs() if not job.name.startswith("__")]
    assert jobs
    assert not any({MODELS, COMPARISON} & set(job.asset_layer.selected_asset_keys) for job in jobs)


def test_the_launchpad_takes_the_training_s_settings_but_for_the_base(domain: Domain) -> None:
    (models, _) = base_assets(domain)
    fields = set(models.op.config_schema.config_type.fields)  # type: ignore[union-attr]
    assert {"epochs", "learning_rate"} <= fields
    assert not {"base_model", "base_revision"} & fields


def test_nothing_can_be_compared_before_a_base_is_trained(domain: Domain, instance: dg.DagsterInstance) -> None:
    result = materialize(domain, instance, COMPARISON)
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    said = failed.event_specific_data.user_failure_data.description  # type: ignore[union-attr]
    assert "nothing to compare (small: not trained yet; large: not trained yet)" in said


def test_each_base_is_one_partition_with_its_figures(
    instance: dg.DagsterInstance, compared: dg.ExecuteInProcessResult
) -> None:
    assert instance.get_materialized_partitions(MODELS) == {"small", "large"}
    records = instance.fetch_materializations(MODELS, limit=2).records
    shown = {record.partition_key: record.asset_materialization.metadata for record in records}  # type: ignore[union-attr]
    assert {key: metadata["base"].value for key, metadata in shown.items()} == {
        "small": "small",
        "large": "bases/large",
    }
    for metadata in shown.values():
        assert {"validation_map", "base_validation_map", "gain", "n", "total_parameters"} <= set(metadata)


def test_its_loss_was_observed_for_that_partition_while_it_trained(
    instance: dg.DagsterInstance, compared: dg.ExecuteInProcessResult
) -> None:
    records = instance.fetch_observations(MODELS, limit=100).records
    with_loss = {record.partition_key for record in records if "loss" in record.asset_observation.metadata}  # type: ignore[union-attr]
    assert with_loss == {"small", "large"}


def test_the_comparison_shows_a_row_per_base_and_the_best_first(compared: dg.ExecuteInProcessResult) -> None:
    assert compared.success
    (shown,) = compared.asset_materializations_for_node("my_history__base_comparison")
    ranking = [record.data for record in shown.metadata["ranking"].records]
    assert ranking[0]["base"] == shown.metadata["best"].value
    assert {row["base"] for row in ranking} == {"small", "large"}
    assert len(shown.metadata["differences"].records) == 3
    assert "only the test split decides" in shown.metadata["notes"].value


def test_a_partition_and_the_comparison_in_one_run_rank_what_is_there_then(
    domain: Domain, instance: dg.DagsterInstance, compared: dg.ExecuteInProcessResult
) -> None:
    result = materialize(domain, instance, MODELS, COMPARISON, partition_key="large")
    assert result.success
    (shown,) = result.asset_materializations_for_node("my_history__base_comparison")
    assert {record.data["base"] for record in shown.metadata["ranking"].records} == {"small", "large"}


def test_the_board_and_the_domain_s_pointers_do_not_know_of_it(
    home: Home, domain: Domain, compared: dg.ExecuteInProcessResult
) -> None:
    row = status_of_domain(domain, home)
    assert (row["model"], row["verdict"], row["champion"], row["trained_at"]) == (None, None, None, None)
    assert pointers(home, domain) == []


def test_a_setting_of_the_launchpad_takes_effect_for_that_partition(
    domain: Domain, instance: dg.DagsterInstance, compared: dg.ExecuteInProcessResult
) -> None:
    config = {"ops": {"my_history__base_models": {"config": {"max_steps": 3}}}}
    result = materialize(domain, instance, MODELS, partition_key="small", run_config=config)
    (shown,) = result.asset_materializations_for_node("my_history__base_models")
    assert shown.metadata["settings"].value["max_steps"] == 3
    assert shown.metadata["settings"].value["base_model"] == "small"
