"""A survey of local models in the Dagster UI: a partition each, materialized one by one, and one leaderboard."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from domain_ft.components import survey_figures
from domain_ft.components.survey_assets import survey_assets
from domain_ft.domain import AdapterDomain
from domain_ft.domains import find_domain
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.ollama import OllamaServer
from domain_ft.resources.results import StageResults
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft.store.publish import point
from domain_ft.survey.settings import SurveySettings
from domain_ft_tests.llm.scripted import knowing
from domain_ft_tests.llm.server import OllamaServer as Server
from domain_ft_tests.llm.server import serving_here
from domain_ft_tests.survey.conftest import DOMAIN, VALIDATION, publish_dataset, without_mlflow

__all__ = ["without_mlflow"]
SURVEY, BOARD = dg.AssetKey([DOMAIN, "model_survey"]), dg.AssetKey([DOMAIN, "model_leaderboard"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with a good and a poor model, and one that may be fetched."""
    models = {"good:1b": knowing(VALIDATION), "poor:1b": knowing(VALIDATION, prose=2)}
    made = Server(models=models, registry={"new:1b": knowing(VALIDATION)}, tokens_at_once=50)
    with serving_here(made, monkeypatch) as said:
        yield said


@pytest.fixture
def domain(home: Home, server: Server, without_mlflow: None) -> AdapterDomain:
    """The domain that ships, with the server's models, and a dataset of it."""
    point(home.fixed(DOMAIN) / "current", publish_dataset(home).name)
    shipped = find_domain(DOMAIN)
    survey = SurveySettings.model_validate({"models": ("good:1b", "poor:1b", "new:1b"), "ollama": {"retries": 0}})
    return AdapterDomain(shipped.settings.model_copy(update={"survey": survey}), shipped.file)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def materialize(
    domain: AdapterDomain,
    instance: dg.DagsterInstance,
    key: dg.AssetKey,
    ollama: OllamaServer | None = None,
    **more: Any,
) -> dg.ExecuteInProcessResult:
    state = StateRoot()
    upstream = [dg.AssetSpec(dg.AssetKey([DOMAIN, "fixed"])).with_io_manager_key("results")]
    return dg.materialize(
        [*survey_assets(domain), *upstream],
        selection=dg.AssetSelection.assets(key),
        resources={
            "state": state,
            "results": StageResults(state=state),
            "mlflow": Mlflow(),
            "ollama": ollama or OllamaServer(),
        },
        instance=instance,
        raise_on_error=False,
        **more,
    )


def shown(instance: dg.DagsterInstance, key: dg.AssetKey) -> Any:
    event = instance.get_latest_materialization_event(key)
    assert event is not None
    return event.asset_materialization.metadata  # type: ignore[union-attr]


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return str(event.event_specific_data.user_failure_data.description)  # type: ignore[union-attr]


def test_each_model_is_a_partition_with_its_figures(domain: AdapterDomain, instance: dg.DagsterInstance) -> None:
    assert materialize(domain, instance, SURVEY, partition_key="good:1b").success
    assert instance.get_materialized_partitions(SURVEY) == {"good:1b"}
    found = shown(instance, SURVEY)
    assert (found["model"].value, found["score"].value, found["valid_share"].value) == ("good:1b", 1.0, 1.0)
    assert found["n"].value == len(VALIDATION)


def test_the_leaderboard_ranks_what_was_surveyed_and_names_what_was_not(
    domain: AdapterDomain, instance: dg.DagsterInstance
) -> None:
    for key in ("poor:1b", "good:1b"):
        assert materialize(domain, instance, SURVEY, partition_key=key).success
    assert materialize(domain, instance, BOARD).success
    found = shown(instance, BOARD)
    assert [row.data["model"] for row in found["ranking"].records] == ["good:1b", "poor:1b"]
    assert (found["choice"].value, found["missing"].value) == ("good:1b", 1)


def test_settings_of_the_launchpad_take_effect_but_the_models_are_the_partitions(
    domain: AdapterDomain, instance: dg.DagsterInstance
) -> None:
    config = {"ops": {"requirements__model_survey": {"config": {"limit": 2, "options_num_predict": 500}}}}
    assert materialize(domain, instance, SURVEY, partition_key="good:1b", run_config=config).success
    found = shown(instance, SURVEY)
    assert (found["n"].value, found["options"].value["num_predict"]) == (2, 500)
    fields = set(survey_assets(domain)[0].op.config_schema.config_type.fields)  # type: ignore[union-attr]
    assert "limit" in fields
    assert "models" not in fields


def test_a_model_that_the_server_does_not_have_says_how_it_is_fetched(
    domain: AdapterDomain, instance: dg.DagsterInstance
) -> None:
    said = failure(materialize(domain, instance, SURVEY, partition_key="new:1b"))
    assert "ollama pull new:1b" in said


def test_a_deployment_may_allow_to_fetch_it(
    domain: AdapterDomain, instance: dg.DagsterInstance, server: Server
) -> None:
    allowing = OllamaServer(allow_pull=True)
    assert materialize(domain, instance, SURVEY, allowing, partition_key="new:1b").success
    assert "new:1b" in server.models


def test_nothing_can_be_ranked_before_a_model_was_surveyed(domain: AdapterDomain, instance: dg.DagsterInstance) -> None:
    assert failure(materialize(domain, instance, BOARD)).startswith("nothing to compare (good:1b: ")


def test_the_means_so_far_are_observed_while_it_asks(
    domain: AdapterDomain, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_figures, "OBSERVE_EVERY_S", 0.0)
    assert materialize(domain, instance, SURVEY, partition_key="good:1b").success
    records = instance.fetch_observations(SURVEY, limit=100).records
    assert len(records) == len(VALIDATION)
    newest = records[0]
    assert newest.partition_key == "good:1b"
    assert newest.asset_observation.metadata["mean_score"].value == pytest.approx(1.0, abs=0.2)  # type: ignore[union-attr]


def test_a_domain_without_models_has_neither_asset(domain: AdapterDomain) -> None:
    plain = domain.settings.model_copy(update={"survey": SurveySettings()})
    assert survey_assets(AdapterDomain(plain, domain.file)) == []
