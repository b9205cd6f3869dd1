"""What a domain of requirement records has made goes once nothing needs it: datasets, audits, surveys, leaderboards."""

import json
import time
from pathlib import Path

import pytest

from domain_ft import adapter_stages, stages
from domain_ft.domain import AdapterDomain
from domain_ft.domains import find_domain
from domain_ft.retention.clean import clean_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder
from domain_ft_tests.landed_requirements import DOMAIN, drop_records, made

DAY_S = 86400.0


@pytest.fixture
def domain() -> AdapterDomain:
    found = find_domain(DOMAIN).with_preset("quick")
    assert isinstance(found, AdapterDomain)
    return found


def gone(world: Home, later: float) -> set[tuple[str, str]]:
    result = clean_domain(world, DOMAIN, 1, now=time.time() + later)
    return {(removal.kind, removal.path.name) for removal in result.removed}


def test_the_newest_dataset_and_audit_stay_with_what_they_were_made_from(world: Home, domain: AdapterDomain) -> None:
    drop_records(world, made(60))
    old = [stages.ingest(domain, world), adapter_stages.audit(domain, world), adapter_stages.fix(domain, world)]
    drop_records(world, made(90, seed=2), "more.jsonl")
    new = [stages.ingest(domain, world), adapter_stages.audit(domain, world), adapter_stages.fix(domain, world)]
    removed = gone(world, DAY_S)
    assert removed == {("raw", old[0].path.name), ("audit", old[1].path.name), ("dataset", old[2].path.name)}
    assert all(each.path.is_dir() for each in new)


def published_survey(world: Home, digest: str) -> None:
    """A model's survey, with the pointer by which the same questions find it."""
    publish_folder(world.model_surveys(DOMAIN) / digest, lambda _: {"digest": digest})
    point(world.model_surveys(DOMAIN) / f"content-{digest}", digest)


def published_board(world: Home, digest: str, *surveys: str) -> None:
    def write(folder: Path) -> dict[str, str]:
        (folder / "leaderboard.json").write_text(json.dumps({"results": [{"digest": each} for each in surveys]}))
        return {"digest": digest}

    publish_folder(world.surveys(DOMAIN) / digest, write)
    point(world.surveys(DOMAIN) / "current", digest)


def test_surveys_stay_while_they_are_young_or_on_the_newest_leaderboard(world: Home) -> None:
    for digest in ("asked", "forgotten"):
        published_survey(world, digest)
    published_board(world, "old", "forgotten")
    published_board(world, "new", "asked")
    assert gone(world, DAY_S) == {("leaderboard", "old")}
    assert gone(world, 15 * DAY_S) == {("survey", "forgotten")}
    assert (world.model_surveys(DOMAIN) / "content-asked").is_dir()


def test_the_answers_of_a_survey_that_was_cut_short_wait_for_two_weeks(world: Home) -> None:
    answers = world.answering(DOMAIN) / "0123456789ab" / "answers.jsonl"
    answers.parent.mkdir(parents=True)
    answers.write_text("{}\n")
    assert gone(world, 13 * DAY_S) == set()
    (named,) = clean_domain(world, DOMAIN, 1, dry_run=True, now=time.time() + 15 * DAY_S).removed
    assert named.why == "answers of a survey, benchmark or prompt search that has rested for 14 days"
    assert gone(world, 15 * DAY_S) == {("asking", "0123456789ab")}
    assert not answers.exists()
