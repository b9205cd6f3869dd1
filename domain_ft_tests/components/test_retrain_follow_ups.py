"""What a retrain leaves behind it: an index and a detector of the model that it has just made the champion."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain_ft.components.embedding_assets import embedding_assets
from domain_ft.components.index_asset import index_asset
from domain_ft.components.jobs import retrain_job
from domain_ft.components.out_of_distribution_asset import out_of_distribution_asset
from domain_ft.passage_index.query import Asked
from domain_ft.registry.gate import PromotionDecision
from domain_ft.resources.compute import Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.results import StageResults
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, read_manifest
from domain_ft.uses.search_passages import open_search
from domain_ft_tests.passage_world import NAME, TINY, land
from domain_ft_tests.tiny_model import make_tiny_model

pytestmark = pytest.mark.slow
FAST = {
    "training.max_steps": 40,
    "training.eval_steps": 20,
    "training.batch_size": 8,
    "training.precision": "fp32",
    "training.merge_with_base": None,
    "training.learning_rate": 5e-3,
    "triplets.split.validation": 0.3,
    "triplets.split.test": 0.3,
    "benchmark.resamples": 200,
}


THINGS = ("pump", "belt", "valve", "gear", "filter", "bearing", "motor", "hose", "switch", "lamp", "door", "wheel")
DEEDS = ("cleaned", "changed", "tested", "oiled", "closed")


def asked_otherwise(word: str) -> str:
    """The word that queries have for it: what belongs together can only be learned."""
    return f"q{word}"


def rows(things: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "query": f"is the {asked_otherwise(thing)} {asked_otherwise(deed)}",
            "positive": f"The {thing} is {deed} by hand.",
            "domain": "presses",
        }
        for thing in things
        for deed in DEEDS
    ]


@pytest.fixture
def retrain(home: Home, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The retrain job, in this process, with a gate that lets each candidate pass."""
    monkeypatch.setattr("domain_ft.registry.promote.decide_promotion", lambda *_: PromotionDecision(True, "let pass"))
    words = (*THINGS, *DEEDS)
    make_tiny_model(home.root / "tiny", [*words, *(asked_otherwise(word) for word in words)])
    land(home, rows(THINGS))
    domain, state = TINY.with_overrides(FAST), StateRoot()
    definitions = dg.Definitions(
        assets=[*embedding_assets(domain), index_asset(domain), out_of_distribution_asset(domain)],
        jobs=[retrain_job(domain)],
        resources={"state": state, "results": StageResults(state=state), "compute": Compute(), "mlflow": Mlflow()},
    )
    job = definitions.resolve_job_def(f"{NAME}_retrain")
    return lambda: job.execute_in_process(raise_on_error=True)


def current(folder: Path) -> Path:
    found = pointed(folder)
    assert found is not None
    return found


def made_with(home: Home) -> dict[str, str]:
    """The champion's version, and the versions that the index and the detector in use were made with."""
    beside = {"index": home.indexes(NAME), "detector": home.out_of_distribution(NAME)}
    versions = {name: read_manifest(current(folder / "current"))["model"]["name"] for name, folder in beside.items()}
    return {"champion": current(home.models(NAME) / "champion").name, **versions}


def test_after_a_retrain_index_and_detector_are_those_of_the_new_champion_and_searches_go_on(
    home: Home, retrain: Any
) -> None:
    assert retrain().success
    first = made_with(home)
    assert len(set(first.values())) == 1
    land(home, rows(("roof", "wall")))
    assert retrain().success
    second = made_with(home)
    assert len(set(second.values())) == 1
    assert second != first
    assert read_manifest(current(home.indexes(NAME) / "current"))["judged"]["previous"] == first["champion"]
    opened = open_search(TINY.with_overrides(FAST), home)
    found = opened.search(Asked("the roof is oiled", k=1))
    assert found.results[0].text == "The roof is oiled by hand."
    assert opened.strangeness(found)[0] is not None
    assert (opened.notes, opened.detector_notes()) == ((), ())
