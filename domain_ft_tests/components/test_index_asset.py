"""The index as the UI meets it."""

from dataclasses import replace

import dagster as dg
import pytest

from domain_ft import stages
from domain_ft.components.index_asset import index_asset
from domain_ft.components.index_figures import index_checks
from domain_ft.domain import EmbeddingDomain
from domain_ft.resources.compute import Compute
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed
from domain_ft.uses.index_passages import index_passages
from domain_ft_tests.passage_world import NAME, crown, small_world


@pytest.fixture
def domain(home: Home) -> EmbeddingDomain:
    return small_world(home)


def materialize(domain: EmbeddingDomain, **config: object) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [index_asset(domain)],
        resources={"state": StateRoot(), "compute": Compute()},
        run_config={"ops": {f"{NAME}__index": {"config": config}}},
        raise_on_error=False,
    )


def test_the_index_says_what_it_holds_and_passes_its_checks(domain: EmbeddingDomain, home: Home) -> None:
    result = materialize(domain)
    (shown,) = result.asset_materializations_for_node(f"{NAME}__index")
    assert shown.metadata["passages"].value == 60
    assert shown.metadata["reused"].value is False
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    assert checks == {"complete": True, "recall": True, "keeps_up": True}


def test_a_new_champion_is_shown_beside_the_model_before(domain: EmbeddingDomain, home: Home) -> None:
    dataset = stages.build_dataset(domain, home).path
    materialize(domain)
    crown(home, dataset)
    (shown,) = materialize(domain).asset_materializations_for_node(f"{NAME}__index")
    against = {row.data["against"] for row in shown.metadata["differences"].records}
    assert {"previous_vector", "previous_hybrid", "words", "vector"} <= against
    assert sum(isinstance(value.value, int | float) for value in shown.metadata.values()) <= 15


def test_a_setting_of_the_launchpad_holds_for_that_run(domain: EmbeddingDomain, home: Home) -> None:
    (shown,) = materialize(domain, vector_weight=0.9).asset_materializations_for_node(f"{NAME}__index")
    assert shown.metadata["vector_weight"].value == 0.9


def test_an_index_with_values_from_the_launchpad_is_not_the_one_that_is_searched(
    domain: EmbeddingDomain, home: Home
) -> None:
    materialize(domain)
    searched = pointed(home.indexes(NAME) / "current")
    materialize(domain, vector_weight=0.9)
    assert searched is not None
    assert pointed(home.indexes(NAME) / "current") == searched


def test_a_loss_against_the_model_before_is_a_warning(domain: EmbeddingDomain, home: Home) -> None:
    lost = {
        "candidate": "hybrid", "reference": "previous_hybrid", "metric": "ndcg_at_10", "verdict": "REGRESSION",
        "mean": -0.04, "low": -0.06, "high": -0.02,
    }  # fmt: skip
    made = index_passages(domain, home)
    worse = replace(made, manifest={**made.manifest, "judged": {"previous": "starter", "differences": [lost]}})
    check = next(check for check in index_checks(worse) if check.check_name == "keeps_up")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description == "the model of before found held-out queries better: ndcg_at_10 [-0.060, -0.020]"
