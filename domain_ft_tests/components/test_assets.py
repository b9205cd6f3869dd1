"""What a person meets when materializing the first assets by hand."""

import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain_ft.components.embedding_assets import embedding_assets
from domain_ft.domain import Domain
from domain_ft.history.sample.write import write_sample
from domain_ft.resources.compute import Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.results import StageResults
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home


def materialize(domain: Domain, *stages: str, **config: dict[str, Any]) -> dg.ExecuteInProcessResult:
    """Materialize some stages in this process; `config` is by stage."""
    state = StateRoot()
    return dg.materialize(
        embedding_assets(domain),
        selection=dg.AssetSelection.assets(*(dg.AssetKey([domain.name, stage]) for stage in stages)),
        resources={
            "state": state,
            "results": StageResults(state=state),
            "compute": Compute(),
            "mlflow": Mlflow(),
        },
        run_config={"ops": {f"{domain.name}__{stage}": {"config": given} for stage, given in config.items()}},
        raise_on_error=False,
    )


def failure(result: dg.ExecuteInProcessResult) -> str:
    """The sentence of the step that failed."""
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return str(event.event_specific_data.user_failure_data.description)  # type: ignore[union-attr]


@pytest.fixture
def dropped(home: Home, domain: Domain) -> Path:
    """A file in the domain's landing folder, with three broken rows."""
    landing = home.landing(domain.name)
    landing.mkdir(parents=True)
    write_sample(landing / "sample.csv", builds=60, tests=30, seed=1, signal=1.0, broken_rows=3)
    os.utime(landing / "sample.csv", (0, 0))
    return landing / "sample.csv"


def test_a_dropped_file_becomes_tables_and_one_sees_what_came_of_it(dropped: Path, domain: Domain) -> None:
    result = materialize(domain, "raw")
    (shown,) = result.asset_materializations_for_node("my_history__raw")
    numbers = {name: shown.metadata[name].value for name in ("read", "accepted", "rejected", "duplicates")}
    assert numbers["rejected"] == 3
    assert numbers["read"] == numbers["accepted"] + numbers["rejected"] + numbers["duplicates"]
    assert shown.metadata["dagster/row_count"].value == numbers["accepted"]
    assert len(shown.metadata["newest_runs"].records) == 8
    assert {record.data["name"] for record in shown.metadata["files"].records} == {"sample.csv"}
    assert all(check.passed for check in result.get_asset_check_evaluations())


def test_an_empty_landing_folder_is_a_sentence_that_says_what_to_do(home: Home, domain: Domain) -> None:
    assert "drop one there" in failure(materialize(domain, "raw"))


def test_a_file_outside_the_folders_that_may_be_read_is_refused(home: Home, domain: Domain, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a,b\n")
    assert "outside the folders that may be read" in failure(materialize(domain, "raw", raw={"files": [str(outside)]}))


def test_a_setting_of_a_later_stage_is_refused_before_the_first_one_does_anything(
    home: Home, dropped: Path, domain: Domain
) -> None:
    result = materialize(domain, "raw", "triplets", triplets={"split_test": 2.0})
    assert "triplets.split.test" in failure(result)
    assert not home.raw(domain.name).exists()


def test_triplets_come_with_a_funnel_examples_and_all_their_checks(dropped: Path, domain: Domain) -> None:
    result = materialize(domain, "raw", "triplets", triplets={"minimum": 1})
    assert result.success
    (shown,) = result.asset_materializations_for_node("my_history__triplets")
    assert shown.metadata["leaks"].value == 0
    assert shown.metadata["funnel"].records
    assert {column.name for column in shown.metadata["dagster/column_schema"].schema.columns} >= {"anchor", "positive"}
    checks = {check.check_name for check in result.get_asset_check_evaluations()}
    assert checks >= {"leakage", "minimum_size", "verdict_balance", "repeated_texts"}


def test_too_few_triplets_stop_the_run_with_the_reason(dropped: Path, domain: Domain) -> None:
    assert "minimum" in failure(materialize(domain, "raw", "triplets", triplets={"minimum": 1_000_000}))
