"""The doctor's look at a domain: what is altered, left in the middle, owed or failed is named, with the mend."""

import json

import pytest

from domain_ft.automation.failures import FailedRun, tell_failure
from domain_ft.doctor.domains import domain_checks
from domain_ft.doctor.finding import Finding, finding
from domain_ft.domains import find_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed
from domain_ft.training.checkpoints import CHECKPOINTS, Spent, mark_whole
from domain_ft_tests.landed_history import DOMAIN, drop, history, ingest


def found(home: Home, name: str) -> Finding:
    """What one of the checks of the domain finds."""
    return finding(name, domain_checks(find_domain(DOMAIN), home)[f"{DOMAIN}: {name}"])


def land(home: Home) -> None:
    drop(home, "a.csv", history(0, 12))
    ingest(home)


def test_all_is_well_where_nothing_is(home: Home) -> None:
    checks = domain_checks(find_domain(DOMAIN), home)
    assert [finding(name, check).ok for name, check in checks.items()] == [True] * 5


def test_what_landed_is_counted_and_what_still_grows_is_named(home: Home) -> None:
    land(home)
    drop(home, "b.csv", history(12, 1), finished=False)
    said = found(home, "landing").detail
    assert said == f"1 finished in {home.landing(DOMAIN)}; still being written, and left for later: b.csv"


def test_rejected_rows_are_pointed_to(home: Home) -> None:
    drop(home, "a.csv", history(0, 12) + "B9999,shop,T1,test 1,steps,a change,Perhaps,2024-01-01T00:00:00Z\n")
    ingest(home)
    assert f"rows of 1 of them were rejected: see {home.quarantine(DOMAIN)}" in found(home, "landing").detail


def test_an_altered_file_is_named(home: Home) -> None:
    land(home)
    assert found(home, "files").detail == "1 published folders in use, every file as it was written"
    raw = pointed(home.raw(DOMAIN) / "current")
    assert raw is not None
    with (raw / "runs.parquet").open("ab") as file:
        file.write(b"x")
    altered = found(home, "files")
    assert not altered.ok
    assert altered.detail.startswith(f"{raw / 'runs.parquet'}: altered since it was published")


def test_a_pointer_that_leads_nowhere_is_named_with_its_mend(home: Home) -> None:
    point(home.models(DOMAIN) / "champion", "gone")
    lost = found(home, "files")
    assert not lost.ok
    assert lost.detail == (
        f"{home.models(DOMAIN) / 'champion'} leads nowhere; run domain-ft compare {DOMAIN}, or that step again"
    )


def test_a_training_left_in_the_middle_is_told_with_its_step(home: Home) -> None:
    checkpoint = home.work(DOMAIN, "v1") / CHECKPOINTS / "checkpoint-12"
    checkpoint.mkdir(parents=True)
    (checkpoint / "weights").write_text("w")
    mark_whole(checkpoint, Spent())
    assert found(home, "training").detail.startswith("v1 stands at step 12: the same train command goes on from there")


def test_owed_work_is_told_with_its_reason(home: Home) -> None:
    (home.state / "owed").mkdir(parents=True)
    debt = {"kind": "promotion", "name": "b1", "since": "2024-05-31T08:15:00+00:00", "why": "MLflow is down"}
    (home.state / "owed" / f"{DOMAIN}.json").write_text(json.dumps({"owed": [debt]}))
    owed = found(home, "owed work")
    assert not owed.ok
    assert owed.detail.startswith(
        "MLflow is owed promotion by benchmark b1 since 2024-05-31T08:15:00+00:00 (MLflow is down); once it answers"
    )


def test_a_failed_run_is_a_finding(home: Home) -> None:
    land(home)
    tell_failure(home, FailedRun(f"{DOMAIN}_retrain", "1", None, "no room on the disk", "dg launch", "http://ui"))
    standing = found(home, "standing")
    assert not standing.ok
    assert "no room on the disk" in standing.detail


@pytest.mark.parametrize("name", ["landing", "files", "training", "owed work", "standing"])
def test_no_check_changes_anything(home: Home, name: str) -> None:
    land(home)
    before = sorted(path for path in home.root.rglob("*") if "locks" not in path.parts)
    found(home, name)
    assert sorted(path for path in home.root.rglob("*") if "locks" not in path.parts) == before
