"""The whole chain as a person runs it: `dg launch` on an instance on disk, with a real training and a real MLflow."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain_ft.resources.results import results_of_run
from domain_ft.store.done import STAGES
from domain_ft.store.publish import pointed, read_manifest

pytestmark = pytest.mark.slow
MOST_NUMBERS = 15


@pytest.fixture(scope="module")
def instance(landed: Any) -> Iterator[dg.DagsterInstance]:
    """The instance on disk after `dg launch --job test_history_smoke` has ended."""
    config = landed.config(training__max_steps=6, training__eval_steps=3)
    launched = landed.dg("launch", "--job", "test_history_smoke", "--config-json", json.dumps(config))
    assert launched.returncode == 0, launched.stdout[-3000:] + launched.stderr[-6000:]
    with dg.DagsterInstance.from_config(str(landed.home.state / "dagster")) as instance:
        yield instance


@pytest.fixture(scope="module")
def run(instance: dg.DagsterInstance) -> dg.DagsterRun:
    (record,) = instance.get_run_records(limit=1)
    return record.dagster_run


def key(stage: str) -> dg.AssetKey:
    return dg.AssetKey(["test_history", stage])


def materialization(instance: dg.DagsterInstance, stage: str) -> dg.AssetMaterialization:
    event = instance.get_latest_materialization_event(key(stage))
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization


def numbers(metadata: Any) -> set[str]:
    return {name for name, value in metadata.items() if isinstance(value, (dg.IntMetadataValue, dg.FloatMetadataValue))}


def observations(instance: dg.DagsterInstance) -> list[Any]:
    found = instance.fetch_observations(key("embedding_model"), limit=1000).records
    return [record.asset_observation.metadata for record in found]


def test_the_run_succeeds_and_materializes_every_stage(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert all(instance.get_latest_materialization_event(key(stage)) for stage in STAGES)


def test_what_dagster_shows_is_what_lies_on_disk(landed: Any, instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    results = results_of_run(landed.home, run.run_id, "test_history")
    assert [*results] == list(STAGES)
    model = pointed(landed.home.models("test_history") / "current")
    assert model is not None
    assert Path(results["embedding_model"]["path"]) == model
    assert materialization(instance, "embedding_model").metadata["version"].value == model.name
    assert read_manifest(model)["steps"] == 6


def test_the_preset_and_the_given_config_both_take_effect(landed: Any, run: dg.DagsterRun) -> None:
    results = results_of_run(landed.home, run.run_id, "test_history")
    assert read_manifest(Path(results["triplets"]["path"]))["settings"]["sample_size"] == 5000
    settings = read_manifest(Path(results["embedding_model"]["path"]))["settings"]
    assert (settings["base_model"], settings["eval_steps"]) == ("tiny", 3)


def test_the_version_of_the_data_is_the_digest_of_its_content(landed: Any, instance: dg.DagsterInstance) -> None:
    raw = pointed(landed.home.raw("test_history") / "current")
    assert raw is not None
    tags = instance.get_latest_materialization_event(key("raw")).asset_materialization.tags  # type: ignore[union-attr]
    assert tags is not None
    assert tags["dagster/data_version"] == read_manifest(raw)["content_digest"]


def test_the_loss_was_observed_while_it_trained(instance: dg.DagsterInstance) -> None:
    seen = Counter(name for metadata in observations(instance) for name in metadata)
    assert seen["loss"] >= 1
    assert seen["validation_map"] >= 2


@pytest.mark.parametrize("stage", STAGES)
def test_an_asset_has_few_numbers_to_plot(instance: dg.DagsterInstance, stage: str) -> None:
    found = numbers(materialization(instance, stage).metadata)
    if stage == "embedding_model":
        found = found.union(*(numbers(metadata) for metadata in observations(instance)))
    assert 1 <= len(found) <= MOST_NUMBERS, found


def test_every_check_was_carried_out_and_none_that_blocks_failed(
    instance: dg.DagsterInstance, run: dg.DagsterRun
) -> None:
    logs = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = {log.asset_check_evaluation.check_name: log.asset_check_evaluation for log in logs}
    assert len(found) == 10
    assert not [name for name, check in found.items() if not check.passed and check.severity.value == "ERROR"]


def test_the_benchmark_shows_its_verdict_and_its_report(instance: dg.DagsterInstance) -> None:
    metadata = materialization(instance, "benchmark").metadata
    assert metadata["verdict"].value in ("WIN", "INCONCLUSIVE", "REGRESSION")
    assert {"random_map", "bm25_map", "base_map", "candidate_map"} <= set(metadata)
    assert Path(str(metadata["report"].value)).read_text().startswith("<!")
    assert metadata["verdict"].value in str(metadata["summary"].value)


def test_dagster_links_to_mlflow_and_mlflow_back_to_dagster(landed: Any, run: dg.DagsterRun) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{landed.home.state / 'mlflow.db'}")
    (registered,) = client.search_registered_models()
    (version,) = client.search_model_versions(f"name='{registered.name}'")
    found = client.get_run(version.run_id)
    assert found.data.tags["dagster.run_id"] == run.run_id
    assert found.data.tags["dagster.url"].endswith(f"/runs/{run.run_id}")
    results = results_of_run(landed.home, run.run_id, "test_history")
    assert version.run_id in results["champion"]["url"]


def test_a_stage_launched_alone_goes_on_from_what_is_published(landed: Any, instance: dg.DagsterInstance) -> None:
    launched = landed.dg("launch", "--assets", "test_history/champion")
    assert launched.returncode == 0, launched.stderr[-3000:]
    benchmark = pointed(landed.home.benchmarks("test_history") / "current")
    assert benchmark is not None
    (record,) = instance.get_run_records(limit=1)
    assert [*results_of_run(landed.home, record.dagster_run.run_id, "test_history")] == ["champion"]
