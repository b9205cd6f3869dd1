"""Where a domain stands, in one sentence that says whose turn it is."""

import json
import os
import time
from pathlib import Path

import pytest

from domain_ft.automation.failures import FailedRun, tell_failure
from domain_ft.domain import Domain, find_domain
from domain_ft.status import status_of_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed, publish_folder
from domain_ft_tests.landed_history import DOMAIN, drop, history, ingest, train

FAILURE = FailedRun(f"{DOMAIN}_retrain", "0123", f"{DOMAIN}__triplets", "too few triplets", "dg launch", "http://ui")


@pytest.fixture
def domain() -> Domain:
    return find_domain(DOMAIN)


def land_and_train(home: Home) -> str:
    """A history and a model of it; returns the model's version."""
    drop(home, "a.csv", history(0, 12))
    ingest(home)
    train(home)
    model = pointed(home.models(DOMAIN) / "current")
    assert model is not None
    return model.name


def judge(home: Home, version: str, headline: str) -> None:
    """Publish a benchmark of a version."""

    def write(folder: Path) -> dict[str, str]:
        document = {"verdict": "WIN", "headline": headline, "models": {"candidate": {"version": version}}}
        (folder / "benchmark.json").write_text(json.dumps(document))
        return {"kind": "benchmark"}

    publish_folder(home.benchmarks(DOMAIN) / "b1", write)
    point(home.benchmarks(DOMAIN) / "current", "b1")


def test_nothing_yet_says_where_files_are_dropped(domain: Domain, home: Home) -> None:
    status = status_of_domain(domain, home)
    assert status["says"].startswith(f"no history yet: drop files into {home.landing(DOMAIN)}")
    assert (status["rows"], status["new_rows"], status["trained_at"], status["owed"]) == (None, None, None, [])


def test_rows_that_the_model_has_not_seen_are_counted(domain: Domain, home: Home) -> None:
    land_and_train(home)
    drop(home, "b.csv", history(12, 1))
    ingest(home)
    status = status_of_domain(domain, home)
    assert (status["rows"], status["new_rows"]) == (260, 20)


def test_a_model_that_was_not_judged_says_how(domain: Domain, home: Home) -> None:
    land_and_train(home)
    judge(home, "another", "WIN: it was better")
    status = status_of_domain(domain, home)
    assert status["says"] == f"not judged yet: run domain-ft benchmark {DOMAIN}"
    assert status["trained_at"] is not None


def test_a_judged_model_is_told_in_the_words_of_its_benchmark(domain: Domain, home: Home) -> None:
    judge(home, land_and_train(home), "WIN: it is better.")
    status = status_of_domain(domain, home)
    assert (status["verdict"], status["says"]) == ("WIN", "WIN: it is better.")


@pytest.mark.parametrize(
    ("names", "ending"), [(["v1"], "owed 1 entry: start it."), (["v1", "v2"], "2 entries: start it.")]
)
def test_owed_work_is_told(domain: Domain, home: Home, names: list[str], ending: str) -> None:
    judge(home, land_and_train(home), "WIN: it is better.")
    (home.state / "owed").mkdir(parents=True)
    owed = [{"kind": "training", "name": name, "since": "2024-05-31T08:15:00+00:00", "why": "down"} for name in names]
    (home.state / "owed" / f"{DOMAIN}.json").write_text(json.dumps({"owed": owed}))
    assert status_of_domain(domain, home)["says"].endswith(ending)


def test_a_failed_run_comes_first_until_something_is_published(domain: Domain, home: Home) -> None:
    version = land_and_train(home)
    tell_failure(home, FAILURE)
    status = status_of_domain(domain, home)
    assert status["failure"] == f"{DOMAIN}_retrain failed at {DOMAIN}__triplets: too few triplets"
    assert status["says"].startswith(status["failure"])
    later = time.time() + 5
    os.utime(home.models(DOMAIN) / version / "manifest.json", (later, later))
    assert status_of_domain(domain, home)["failure"] is None


@pytest.mark.parametrize(
    "other",
    [
        FailedRun("test_retrain", "1", "test__raw", "no", "again", "http://ui"),
        FailedRun("__ASSET_JOB", "1", "other__raw", "no", "again", "http://ui"),
    ],
)
def test_another_domains_failure_is_not_told_here(domain: Domain, home: Home, other: FailedRun) -> None:
    tell_failure(home, other)
    assert status_of_domain(domain, home)["failure"] is None


def test_a_failure_of_assets_without_a_job_is_told(domain: Domain, home: Home) -> None:
    tell_failure(home, FailedRun("__ASSET_JOB", "1", f"{DOMAIN}__raw", "no file", "again", "http://ui"))
    assert status_of_domain(domain, home)["failure"] == f"__ASSET_JOB failed at {DOMAIN}__raw: no file"


def test_what_cannot_be_read_is_told_in_its_row(domain: Domain, home: Home) -> None:
    version = land_and_train(home)
    (home.models(DOMAIN) / version / "manifest.json").write_text("{")
    assert "not readable as JSON" in status_of_domain(domain, home)["says"]
