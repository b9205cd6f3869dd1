"""A history without texts, in the format of the industrial IOF/ROL sets: ingested by a mapping, ordered by history.

There a build is the number of a cycle; `LastRun` is when the test had run last before it, not when the build ran.
"""

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import TypeAlias, cast

import pytest
import yaml

from domain_ft import stages
from domain_ft.domain import Domain, EmbeddingDomain
from domain_ft.history.tables import read_history
from domain_ft.landing.quarantine import read_quarantine
from domain_ft.newest import newest_raw
from domain_ft.prioritization.rank import Change
from domain_ft.prioritization.ranking import Asked
from domain_ft.prioritization.timeline import build_timeline
from domain_ft.store.home import Home
from domain_ft.uses.judge_orders import BUILDS_TABLE, CONTENT, PrioritizationResult, judge_orders
from domain_ft.uses.rank_tests import rank_tests

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
      started: null
      duration: Duration
    verdicts: {"0": pass, "1": fail}
    duration_unit: ms
  triplets: {relevance: any_failure}
  prioritization:
    semantic: {model_name: none}
    lambdarank: {trees: 20, min_rows_per_leaf: 5}
    resamples: 100
"""


HEADER = "Id;Name;Duration;CalcPrio;LastRun;LastResults;Verdict;Cycle"


Judged: TypeAlias = tuple[EmbeddingDomain, Home, PrioritizationResult]


@pytest.fixture
def domain(tmp_path: Path) -> EmbeddingDomain:
    (tmp_path / "defs.yaml").write_text(YAML)
    return cast(EmbeddingDomain, Domain.load(tmp_path / "defs.yaml"))


@pytest.fixture
def landed(home: Home, domain: EmbeddingDomain, tmp_path: Path) -> Home:
    """Some tests fail often, others never; two run in one cycle of fifteen."""
    (tmp_path / "iofrol.csv").write_text("\n".join([HEADER, *_rows()]) + "\n")
    result = stages.ingest(domain, home, [tmp_path / "iofrol.csv"])
    assert (result.accepted, result.rejected) == (608, 0)
    return home


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The same history, its experiment published."""
    folder = tmp_path_factory.mktemp("judged")
    (folder / "defs.yaml").write_text(YAML)
    (folder / "iofrol.csv").write_text("\n".join([HEADER, *_rows()]) + "\n")
    domain, home = cast(EmbeddingDomain, Domain.load(folder / "defs.yaml")), Home(folder / "home")
    home.root.mkdir()
    stages.ingest(domain, home, [folder / "iofrol.csv"])
    return domain, home, judge_orders(domain, home)


def _rows() -> Iterator[str]:
    """60 cycles, one every eight hours; a test's results stand in the order of ascending age."""
    chance, number = random.Random(1), 0
    last_runs = dict.fromkeys(range(12), datetime(2014, 12, 24, 18))
    results: dict[int, list[int]] = {test: [] for test in range(12)}
    for cycle in range(1, 61):
        for test in range(12) if cycle % 15 == 0 else range(10):
            number += 1
            verdict = int((test < 3 and chance.random() < 0.6) or chance.random() < 0.02)
            last_run = f"{last_runs[test]:%Y-%m-%d %H:%M}"
            yield f"{number};TC-{test:04};{54_000 + 500 * test};0;{last_run};{results[test]};{verdict};{cycle}"
            last_runs[test] = datetime(2015, 2, 13, 15, test) + timedelta(hours=8 * cycle)
            results[test].insert(0, verdict)


def test_the_mapping_is_that_of_the_readme() -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^    source: +# Id;Name;.*\n(?:    .*\n)+", page, re.MULTILINE)
    assert block is not None
    stated, used = yaml.safe_load(dedent(block[0])), yaml.safe_load(YAML)["attributes"]
    assert stated["source"] == used["source"]
    assert stated["prioritization"]["semantic"] == used["prioritization"]["semantic"]


def test_the_builds_stand_in_the_order_of_their_numbers(landed: Home, domain: EmbeddingDomain) -> None:
    """Not of the texts of their numbers, nor of `LastRun`, where the rare tests put cycles before their time."""
    builds = read_history(newest_raw(domain, landed)).builds.sort("started_at")
    assert builds["build_id"].to_list() == [str(cycle) for cycle in range(1, 61)]
    assert builds["started_at"][0] == datetime(1970, 1, 2, tzinfo=UTC)


def test_no_cycle_begins_before_the_verdicts_of_the_one_before_are_known(landed: Home, domain: EmbeddingDomain) -> None:
    timeline = build_timeline(read_history(newest_raw(domain, landed)), "any_failure")
    assert (timeline.known[:-1] <= timeline.started[1:]).all()


def test_a_cycle_that_is_no_number_is_set_aside_by_its_line(
    home: Home, domain: EmbeddingDomain, tmp_path: Path
) -> None:
    last = "609;TC-0000;54000;0;2015-03-05 15:00;[0];1;nightly"
    (tmp_path / "iofrol.csv").write_text("\n".join([HEADER, *_rows(), last]) + "\n")
    result = stages.ingest(domain, home, [tmp_path / "iofrol.csv"])
    rejected = read_quarantine(result.quarantine)
    assert rejected.select("source_file", "line", "column", "rule", "value", "raw").rows() == [
        ("iofrol.csv", 610, "Cycle", "build_not_numbered", "nightly", last)
    ]
    assert "whole numbers from 0 to 80000" in rejected["advice"].item()
    assert "source.columns.started" in rejected["advice"].item()


def test_tests_are_ranked_by_what_their_runs_say(landed: Home, domain: EmbeddingDomain) -> None:
    ranking = rank_tests(domain, landed, Asked(Change(""), budget="50%"))
    assert ranking.fallback is None
    assert {test.test for test in ranking.results[:3]} == {"TC-0000", "TC-0001", "TC-0002"}
    assert ranking.results[0].expected_s == 54 + 0.5 * int(ranking.results[0].test[-4:])
    assert 0 < len(ranking.chosen) < 12


def test_a_ranking_stands_one_cycle_after_the_last(landed: Home, domain: EmbeddingDomain) -> None:
    """And not at this moment, decades after 1970: what was learned of days between cycles would not hold."""
    ranking = rank_tests(domain, landed, Asked(Change("")))
    assert any("failed 1 build ago, when last run" in test.reason for test in ranking.results)
    reasons = " ".join(test.reason for test in ranking.results)
    assert max(int(builds) for builds in re.findall(r"failed (\d+) builds ago", reasons)) <= 60
    assert not re.search(r"\b(days|hours|minutes) ago", reasons)


def test_the_experiment_has_the_orders_that_need_no_model_and_no_dataset(judged: Judged) -> None:
    _, _, result = judged
    arms = result.content["arms"]
    assert {"failure_rate", "recently_failed", "cheapest_first", "hybrid", "lambdarank", "oracle"} <= set(arms)
    assert not {"tuned_cosine", "hybrid_tuned", "network_tuned"} & set(arms)
    assert arms["failure_rate"]["apfd"]["mean"] > arms["random"]["apfd"]["mean"] + 0.1
    assert "tuned model" not in result.headline
    assert result.headline.startswith("No model was asked")
    assert "What do the embeddings add?" not in result.report.read_text()
    assert result.report.is_file()


def test_a_cycle_is_called_by_its_number_where_others_are_by_their_time(landed: Home, domain: EmbeddingDomain) -> None:
    timeline = build_timeline(read_history(newest_raw(domain, landed)), "any_failure")
    assert (timeline.start_of(0), timeline.start_of(59)) == ("build 1", "build 60")


def test_the_metrics_of_a_cycle_have_no_time(judged: Judged) -> None:
    table = (judged[2].path / BUILDS_TABLE).read_text()
    assert "tests,faults" in table
    assert "1970-" not in table


def test_the_trees_tell_faults_apart_also_where_no_network_does(judged: Judged) -> None:
    _, _, result = judged
    assert [*result.content["learned"]["classification"]] == ["lambdarank"]
    found = result.content["learned"]["classification"]["lambdarank"]
    assert sum(found["confusion"].values()) == found["rows"] > 0
    assert found["auprc"] > found["fault_share"]
    assert found["macro_f1"] > 0.5
    assert 0 < found["threshold"] < 1
    assert "expected calibration error" in result.report.read_text()


def test_what_the_trees_look_at_is_stored_by_how_much_not_by_name(judged: Judged) -> None:
    stored = json.loads((judged[2].path / CONTENT).read_text())
    shares = [share for _, share in stored["learned"]["trees"]["lambdarank"]["importance"]]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0


@pytest.mark.parametrize("order", ["cheapest_first", "bm25", "recently_failed"])
def test_a_confidence_can_be_asked_of_any_order(judged: Judged, order: str) -> None:
    domain, home, _ = judged
    named = domain.with_overrides({"prioritization.order": order})
    ranking = rank_tests(named, home, Asked(Change(""), confidence=80))
    assert ranking.order == order
    assert not [note for note in ranking.notes if note.startswith("nothing was left out")]


def test_what_the_experiment_chose_without_a_model_ranks(judged: Judged) -> None:
    domain, home, result = judged
    ranking = rank_tests(domain, home, Asked(Change(""), confidence=90))
    assert (ranking.order, ranking.fallback) == (result.choice["order"], None)
    builds = result.content["builds"]["judged"]
    assert any(f"of the {builds} judged builds had shown a fault" in note for note in ranking.notes)
