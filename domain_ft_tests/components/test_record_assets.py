"""What a person meets when materializing the assets of requirement records."""

from typing import Any

import dagster as dg
import pytest

from domain_ft import stages
from domain_ft.automation.settings import AutomationSettings
from domain_ft.components.automation import landing_sensor, new_rows_sensor
from domain_ft.components.raw_asset import raw_asset
from domain_ft.components.record_assets import audit_asset, fixed_asset
from domain_ft.domain import AdapterDomain
from domain_ft.domains import find_domain
from domain_ft.resources.results import StageResults, results_of_run
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed, publish_folder
from domain_ft_tests.landed_requirements import DOMAIN, drop_records, made, with_short_ids, without_constraints

STAGES = ("raw", "audit", "fixed")
MOST_NUMBERS = 15


@pytest.fixture
def domain() -> AdapterDomain:
    found = find_domain(DOMAIN).with_overrides({"audit.token_sample": 0})
    assert isinstance(found, AdapterDomain)
    return found


@pytest.fixture
def dropped(home: Home) -> Home:
    """Eighty records in the landing folder, one to be repaired, one beyond repair."""
    first, second, *others = made(80)
    drop_records(home, [with_short_ids(first), without_constraints(second), *others])
    return home


def materialize(domain: AdapterDomain, **config: dict[str, Any]) -> dg.ExecuteInProcessResult:
    """Materialize all stages in this process; `config` is by stage."""
    state = StateRoot()
    return dg.materialize(
        [make(domain) for make in (raw_asset, audit_asset, fixed_asset)],
        resources={"state": state, "results": StageResults(state=state)},
        run_config={"ops": {f"{domain.name}__{stage}": {"config": given} for stage, given in config.items()}},
        raise_on_error=False,
    )


def shown(result: dg.ExecuteInProcessResult, stage: str) -> Any:
    (event,) = result.asset_materializations_for_node(f"{DOMAIN}__{stage}")
    return event.metadata


def test_what_dropped_becomes_an_audit_and_records_to_learn_from(dropped: Home, domain: AdapterDomain) -> None:
    result = materialize(domain)
    assert result.success
    assert shown(result, "raw")["dagster/row_count"].value == 80
    assert (shown(result, "audit")["valid"].value, shown(result, "fixed")["quarantined"].value) == (78, 1)
    assert shown(result, "fixed")["dagster/row_count"].value == 79
    assert shown(result, "fixed")["mean_score"].value == 1.0
    (repair, *_) = [record.data for record in shown(result, "fixed")["repairs"].records]
    assert (repair["before"], repair["after"], repair["rule"]) == ("C01", "C001", "id_format")


def test_every_check_is_carried_out_and_what_can_be_repaired_only_warns(dropped: Home, domain: AdapterDomain) -> None:
    checks = {check.check_name: check for check in materialize(domain).get_asset_check_evaluations()}
    assert set(checks) == {
        "frame_contract", "quarantine_share", "soundness", "ids", "counts", "leakage", "duplicates", "grounding",
    }  # fmt: skip
    assert [name for name, check in checks.items() if not check.passed] == ["soundness"]
    assert checks["soundness"].severity == dg.AssetCheckSeverity.WARN
    assert checks["soundness"].description == "78 of 80 records are sound as they landed, 97.5% (expected: all)"


def test_the_examples_of_the_audit_stand_on_the_asset_s_page(dropped: Home, domain: AdapterDomain) -> None:
    examples = shown(materialize(domain), "audit")["examples"].value
    assert "C01" in examples


@pytest.mark.parametrize("stage", STAGES)
def test_an_asset_has_few_numbers_to_plot(dropped: Home, domain: AdapterDomain, stage: str) -> None:
    found = shown(materialize(domain), stage)
    numbers = [n for n, value in found.items() if isinstance(value, (dg.IntMetadataValue, dg.FloatMetadataValue))]
    assert 1 <= len(numbers) <= MOST_NUMBERS, numbers


def test_settings_of_the_launchpad_take_effect(dropped: Home, domain: AdapterDomain) -> None:
    result = materialize(domain, audit={"examples": 0}, fixed={"split_test": 0.4, "fix_form": "yaml"})
    results = results_of_run(dropped, result.run_id, DOMAIN)
    assert list(results) == list(STAGES)
    assert results["audit"]["id_format_issues"]["examples"] == []
    settings = shown(result, "fixed")["settings"].value
    assert (settings["split"]["test"], settings["fix"]["form"]) == (0.4, "yaml")


def test_the_sensors_ask_for_what_landed_and_then_for_what_was_read(dropped: Home, domain: AdapterDomain) -> None:
    """Once each; and no more once there is a model of them, whoever had that done."""

    def asked_by(sensor: dg.SensorDefinition) -> tuple[int, str]:
        context = dg.build_sensor_context(instance, resources={"state": StateRoot()})
        with context:
            tick = sensor.evaluate_tick(context)
        return len(tick.run_requests or ()), tick.skip_message or ""

    rarely = domain.settings.model_copy(update={"automation": AutomationSettings(retrain_after_rows=50)})
    watched = AdapterDomain(rarely, domain.file)
    with dg.DagsterInstance.ephemeral() as instance:
        assert asked_by(landing_sensor(watched))[0] == 1
        assert asked_by(new_rows_sensor(watched)) == (0, "nothing has landed yet")
        stages.ingest(watched, dropped)
        assert asked_by(new_rows_sensor(watched))[0] == 1
        assert "the run is about to start" in asked_by(new_rows_sensor(watched))[1]
        raw = pointed(dropped.raw(DOMAIN) / "current")
        publish_folder(dropped.models(DOMAIN) / "m", lambda _: {"raw": raw and raw.name})
        point(dropped.models(DOMAIN) / "current", "m")
        assert asked_by(new_rows_sensor(watched)) == (0, "0 of 50 new rows; all there is has been learned from")


def test_too_few_records_are_a_sentence_that_says_what_to_do(home: Home, domain: AdapterDomain) -> None:
    drop_records(home, made(12))
    result = materialize(domain)
    (event,) = [event for event in result.all_events if event.is_step_failure]
    said = event.event_specific_data.user_failure_data.description  # type: ignore[union-attr]
    assert said.endswith("add records of further families, or change family_pattern")
