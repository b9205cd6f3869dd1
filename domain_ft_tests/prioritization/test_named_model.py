"""The model that gives the meaning, by each of the names that the settings take, and what follows where it loses."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain_ft.domain import EmbeddingDomain
from domain_ft.prioritization import arms
from domain_ft.prioritization.arms import Arms
from domain_ft.prioritization.case import PrioritizationCase
from domain_ft.prioritization.rank import Change
from domain_ft.prioritization.ranking import Asked
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed, publish_folder
from domain_ft.uses.judge_orders import PrioritizationResult, judge_orders
from domain_ft.uses.named_model import own_model
from domain_ft.uses.rank_tests import rank_tests

FIRST, SECOND = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def publish(home: Home, version: str, made: str) -> Path:
    """A model as if it had been trained on the newest dataset; it is the newest then."""
    dataset = pointed(home.triplets("test_history") / "current")
    assert dataset is not None
    settings = {"base_model": "tiny", "base_revision": None, "max_seq_length": 16}

    def write(folder: Path) -> dict[str, Any]:
        shutil.copytree(home.root / made, folder, dirs_exist_ok=True)
        return {"version": version, "settings": settings, "dataset": dataset.name}

    folder = publish_folder(home.models("test_history") / version, write)
    point(home.models("test_history") / "current", version)
    return folder


@pytest.fixture
def crowned(mined: Home) -> Home:
    """Two published models: the older one is the champion."""
    publish(mined, FIRST, "other")
    publish(mined, SECOND, "tiny")
    point(mined.models("test_history") / "champion", FIRST)
    return mined


def named(domain: EmbeddingDomain, name: str) -> EmbeddingDomain:
    return domain.with_overrides({"prioritization.semantic.model_name": name})


@pytest.mark.parametrize(
    ("name", "version"),
    [("champion", FIRST), ("newest", SECOND), (SECOND, SECOND), (f"models/test_history/{FIRST}", FIRST)],
)
def test_each_name_means_its_model(crowned: Home, domain: EmbeddingDomain, name: str, version: str) -> None:
    folder, notes = own_model(domain, crowned, name)
    assert folder is not None
    assert (folder.name, notes) == (version, ())


@pytest.mark.parametrize("name", ["tiny", "starter", "cccccccccccc", f"../test_history/{FIRST}/x", "some/hub-id"])
def test_what_is_none_of_the_domains_models_is_foreign(crowned: Home, domain: EmbeddingDomain, name: str) -> None:
    assert own_model(domain, crowned, name) == (None, ())


def test_before_there_is_a_champion_the_newest_model_gives_the_meaning_and_that_is_said(
    mined: Home, domain: EmbeddingDomain
) -> None:
    newest = publish(mined, FIRST, "other")
    assert own_model(domain, mined, "champion") == (
        newest,
        ("there is no champion yet: the newest model gives the meaning",),
    )


def test_the_experiment_is_made_with_the_champion_beside_its_base(crowned: Home, domain: EmbeddingDomain) -> None:
    result = judge_orders(named(domain, "champion"), crowned)
    assert result.content["models"]["tuned"]["version"] == FIRST
    assert result.content["models"]["base"]["version"] == "tiny"
    assert result.notes == ()
    found = result.content["arms"]
    assert found["tuned_cosine"] != found["base_cosine"]
    ranking = rank_tests(named(domain, "champion"), crowned, Asked(Change("Fix the refund")))
    assert (ranking.fallback, ranking.notes) == (None, ())


def test_an_order_that_was_chosen_with_another_model_than_the_one_in_use_says_so(
    crowned: Home, domain: EmbeddingDomain
) -> None:
    """After a promotion, until the experiment is made again."""
    by_meaning = named(domain, "champion").with_overrides({"prioritization.order": "tuned_cosine"})
    judge_orders(named(domain, "champion"), crowned)
    point(crowned.models("test_history") / "champion", SECOND)
    ranking = rank_tests(by_meaning, crowned, Asked(Change("Fix the refund")))
    assert (ranking.order, ranking.fallback) == ("tuned_cosine", None)
    assert ranking.notes == (
        f"the order was chosen with model {FIRST}, and {SECOND} is in use: run domain-ft prioritize test_history",
    )


@pytest.fixture
def failing_of_late(crowned: Home, domain: EmbeddingDomain, monkeypatch: pytest.MonkeyPatch) -> PrioritizationResult:
    """An experiment whose model orders perfectly on validation, and the other way round on test."""
    untrained_arms = arms.untrained_arms

    def of_two_minds(case: PrioritizationCase, *features: Any) -> Arms:
        found = untrained_arms(case, *features)
        perfect = case.faults.astype(np.float64)
        own = np.where(case.rows_of("test"), -perfect, perfect)
        return replace(found, scores={**found.scores, "tuned_cosine": own})

    monkeypatch.setattr(arms, "untrained_arms", of_two_minds)
    return judge_orders(named(domain, "champion"), crowned)


def test_where_the_model_has_lost_of_late_rank_uses_the_hybrid_without_it_and_says_since_when(
    failing_of_late: PrioritizationResult, crowned: Home, domain: EmbeddingDomain
) -> None:
    choice = failing_of_late.content["choice"]
    assert (choice["best_on_validation"], choice["order"]) == ("tuned_cosine", "hybrid")
    since = choice["standing"]["since"]
    assert choice["standing"]["mean"] < 0
    assert since.startswith("20")
    ranking = rank_tests(named(domain, "champion"), crowned, Asked(Change("Fix the refund")))
    assert (ranking.order, ranking.fallback) == ("hybrid", None)
    assert ranking.why == choice["why"]
    assert ranking.why.endswith(f"below hybrid, and has since {since}: hybrid is used")
    assert f"rank uses hybrid: {choice['why']}." in failing_of_late.report.read_text().replace("&#39;", "'")
