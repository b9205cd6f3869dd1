"""The board tells where each domain stands, and what MLflow is owed is done by itself."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from domain_ft.components import overview as overview_module
from domain_ft.components.overview import BOARD, OWED, board_condition, overview
from domain_ft.domains import all_domains
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft_tests.components.daemon import Daemon
from domain_ft_tests.landed_history import DOMAIN, drop, history, ingest

OF_CONTENT = dg.AssetKey([DOMAIN, "benchmark"])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def owe(home: Home, kind: str, name: str) -> None:
    """Note a debt to MLflow as a command would that could not reach it."""
    (home.state / "owed").mkdir(parents=True, exist_ok=True)
    debt = {"kind": kind, "name": name, "since": "2024-05-31T08:15:00+00:00", "why": "MLflow is down"}
    (home.state / "owed" / f"{DOMAIN}.json").write_text(json.dumps({"owed": [debt]}))


def definitions() -> dg.Definitions:
    return dg.Definitions.merge(overview(), dg.Definitions(resources={"state": StateRoot(), "mlflow": Mlflow()}))


def materialized(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, Any]:
    """The metadata of an asset of the overview, made now."""
    job = definitions().resolve_implicit_global_asset_job_def().get_subset(asset_selection={key})
    result = job.execute_in_process(instance=instance)
    (event,) = result.asset_materializations_for_node(key.to_python_identifier())
    return dict(event.metadata)


def test_the_board_has_a_row_and_a_sentence_for_each_domain(home: Home, instance: dg.DagsterInstance) -> None:
    drop(home, "a.csv", history(0, 12))
    ingest(home)
    board = materialized(instance, BOARD)
    rows = {record.data["name"]: record.data for record in board["board"].records}
    assert set(rows) == {domain.name for domain in all_domains()}
    assert [rows[DOMAIN][name] for name in ("rows", "new_rows", "owed")] == [240, 240, 0]
    assert f"- **{DOMAIN}**: no model yet: run domain-ft run {DOMAIN}" in board["in_words"].value.splitlines()
    assert [board[name].value for name in ("domains", "champions", "failures")] == [len(rows), 0, 0]


def test_owed_work_is_done_and_told(home: Home, instance: dg.DagsterInstance) -> None:
    owe(home, "training", "gone")
    done = materialized(instance, OWED)
    assert (done["done"].value, done["still_owed"].value) == (1, 0)
    assert "training gone, owed to MLflow since 2024-05-31T08:15:00+00:00, is owed no more" in done["in_words"].value


def test_what_mlflow_is_owed_is_tried_again_once_an_hour(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with Daemon(home) as daemon:
        daemon.turn_on("domain_ft_owed")
        assert daemon.tick("domain_ft_owed").reason == "MLflow is owed nothing"
        owe(home, "training", "v1")
        assert len(daemon.tick("domain_ft_owed").runs) == 1
        assert daemon.tick("domain_ft_owed").reason == "MLflow is owed 1 entry; tried 0 minutes ago, and again after 60"
    monkeypatch.setattr(overview_module, "TRY_EVERY_S", 0.0)
    with Daemon(home) as daemon:
        assert len(daemon.tick("domain_ft_owed").runs) == 1


def test_the_board_is_made_anew_when_a_domain_has_something_new(instance: dg.DagsterInstance) -> None:
    first = dg.evaluate_automation_conditions(definitions(), instance)
    quiet = dg.evaluate_automation_conditions(definitions(), instance, cursor=first.cursor)
    assert quiet.get_num_requested(BOARD) == 0
    instance.report_runless_asset_event(dg.AssetMaterialization(OF_CONTENT))
    after = dg.evaluate_automation_conditions(definitions(), instance, cursor=quiet.cursor)
    assert after.get_num_requested(BOARD) == 1


def test_what_the_board_waits_for_stands_in_words() -> None:
    whole = board_condition()
    assert [whole.get_label(), *(part.get_label() for part in whole.children)] == [
        "the board is out of date, and all is quiet",
        "there is news that the board does not tell yet",
        "nothing is being made in a domain",
        "the board is not being made already",
    ]
    news = whole.children[0].children[0]
    assert all(part.get_label() for part in (news, *news.children))
