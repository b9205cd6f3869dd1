"""Where a domain stands, in one sentence that says whose turn it is."""

import json
from pathlib import Path

import pytest

from domain_ft.automation.failures import FailedRun, tell_failure
from domain_ft.domain import Domain
from domain_ft.domains import find_domain
from domain_ft.status import status_of_domain
from domain_ft.store.done import note_done
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
    assert status["says"].startswith(f"nothing landed yet: drop files into {home.landing(DOMAIN)}")
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
    version = land_and_train(home)
    judge(home, version, "WIN: it is better.")
    point(home.models(DOMAIN) / "champion", version)
    status = status_of_domain(domain, home)
    assert (status["verdict"], status["says"]) == ("WIN", "WIN: it is better.")


def test_a_model_that_won_and_is_not_the_champion_says_how_it_may_become_it(domain: Domain, home: Home) -> None:
    judge(home, land_and_train(home), "WIN: it is better.")
    assert status_of_domain(domain, home)["says"] == (
        f"WIN: it is better. It is not the champion: domain-ft promote {DOMAIN} decides, or says why not."
    )


@pytest.mark.parametrize(("names", "entries"), [(["v1"], "1 entry"), (["v1", "v2"], "2 entries")])
def test_owed_work_is_told(domain: Domain, home: Home, names: list[str], entries: str) -> None:
    judge(home, land_and_train(home), "WIN: it is better.")
    (home.state / "owed").mkdir(parents=True)
    owed = [{"kind": "training", "name": name, "since": "2024-05-31T08:15:00+00:00", "why": "down"} for name in names]
    (home.state / "owed" / f"{DOMAIN}.json").write_text(json.dumps({"owed": owed}))
    assert status_of_domain(domain, home)["says"].endswith(f"owed {entries}, and told of them once it answers.")


def test_a_failed_run_comes_first_until_that_stage_or_a_later_one_is_done(domain: Domain, home: Home) -> None:
    land_and_train(home)
    tell_failure(home, FAILURE)
    status = status_of_domain(domain, home)
    assert status["failure"] == f"{DOMAIN}_retrain failed at {DOMAIN}__triplets: too few triplets"
    assert status["says"].startswith(status["failure"])
    note_done(home, DOMAIN, "raw")
    assert status_of_domain(domain, home)["failure"] is not None
    note_done(home, DOMAIN, "benchmark")
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
    status = status_of_domain(domain, home)
    assert "not readable as JSON" in status["says"]
    assert (status["failure"], status["rows"], status["model"]) == (status["says"], 240, version)
