"""A history without texts, in the format of the industrial IOF/ROL sets: ingested by a mapping, ordered by history."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from domain_ft import stages
from domain_ft.domain import Domain, EmbeddingDomain
from domain_ft.prioritization.rank import Change
from domain_ft.rank_tests import Asked, rank_tests
from domain_ft.store.home import Home

YAML = """\
type: domain_ft.components.EmbeddingDomain
attributes:
  name: iofrol
  source:
    format: execution_history
    delimiter: ";"
    columns:
      build: Cycle
      scope: null
      test: Name
      summary: Name
      steps: null
      change: null
      component: null
      verdict: Verdict
      started: LastRun
      duration: Duration
    verdicts: {"0": pass, "1": fail}
  triplets: {relevance: any_failure}
  prioritization:
    semantic: {model_name: none}
    lambdarank: {trees: 20, min_rows_per_leaf: 5}
    resamples: 100
"""


@pytest.fixture
def domain(tmp_path: Path) -> EmbeddingDomain:
    (tmp_path / "defs.yaml").write_text(YAML)
    return cast(EmbeddingDomain, Domain.load(tmp_path / "defs.yaml"))


@pytest.fixture
def landed(home: Home, domain: EmbeddingDomain, tmp_path: Path) -> Home:
    """Some tests fail often and take long, others never."""
    chance, rows = random.Random(1), ["Id;Name;Duration;CalcPrio;LastRun;LastResults;Verdict;Cycle"]
    for cycle in range(1, 61):
        at = datetime(2015, 2, 13, 15) + timedelta(days=cycle)
        for test in range(12):
            verdict = int((test < 3 and chance.random() < 0.6) or chance.random() < 0.02)
            rows.append(f"{len(rows)};TC-{test:04};{10 * test + 5};0;{at:%Y-%m-%d %H:%M};[0, 1];{verdict};{cycle}")
    (tmp_path / "iofrol.csv").write_text("\n".join(rows) + "\n")
    result = stages.ingest(domain, home, [tmp_path / "iofrol.csv"])
    assert (result.accepted, result.rejected) == (720, 0)
    return home


def test_tests_are_ranked_by_what_their_runs_say(landed: Home, domain: EmbeddingDomain) -> None:
    ranking = rank_tests(domain, landed, Asked(Change(""), budget="50%"))
    assert ranking.fallback is None
    assert {test.test for test in ranking.results[:3]} == {"TC-0000", "TC-0001", "TC-0002"}
    assert ranking.results[0].expected_s is not None
    assert 0 < len(ranking.chosen) < 12


def test_the_experiment_has_the_orders_that_need_no_model_and_no_dataset(landed: Home, domain: EmbeddingDomain) -> None:
    result = stages.prioritize(domain, landed)
    arms = result.content["arms"]
    assert {"failure_rate", "recently_failed", "cheapest_first", "hybrid", "lambdarank", "oracle"} <= set(arms)
    assert not {"tuned_cosine", "hybrid_tuned", "network_tuned"} & set(arms)
    assert arms["failure_rate"]["apfd"]["mean"] > arms["random"]["apfd"]["mean"] + 0.1
    assert "tuned model" not in result.headline
    assert result.report.is_file()


def test_what_the_experiment_chose_without_a_model_ranks(landed: Home, domain: EmbeddingDomain) -> None:
    chosen = stages.prioritize(domain, landed).choice["order"]
    ranking = rank_tests(domain, landed, Asked(Change(""), confidence=90))
    assert (ranking.order, ranking.fallback) == (chosen, None)
