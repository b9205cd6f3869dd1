"""The experiment from a mined history to its published folder, its asset, and what `rank` makes of it."""

import csv
import json
import shutil
import time
from pathlib import Path
from typing import Any, get_args

import dagster as dg
import pytest

from domain_ft import stages
from domain_ft.amounts import counted
from domain_ft.components.prioritization_asset import prioritization_asset
from domain_ft.domain import EmbeddingDomain
from domain_ft.domains import find_embedding_domain
from domain_ft.errors import InputError, NothingToJudgeError
from domain_ft.evaluation.report.orders import confidence_plot, importance_rows
from domain_ft.history.sample.write import write_sample
from domain_ft.prioritization.experiment import RANKABLE
from domain_ft.prioritization.headline import QUESTION
from domain_ft.prioritization.orders import ORDERS
from domain_ft.prioritization.rank import Change
from domain_ft.prioritization.ranking import Asked
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft.resources.compute import Compute
from domain_ft.resources.state import StateRoot
from domain_ft.retention.clean import clean_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed
from domain_ft.uses.judge_orders import BUILDS_TABLE, TESTS_TABLE, PrioritizationResult, judge_orders
from domain_ft.uses.rank_tests import rank_tests

UNTRAINED = tuple(name for name in ORDERS if not name.startswith(("lambdarank", "network")))


@pytest.fixture
def result(mined: Home, domain: EmbeddingDomain) -> PrioritizationResult:
    return judge_orders(domain, mined)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_order_is_in_the_table_with_its_interval(result: PrioritizationResult) -> None:
    assert tuple(result.content["arms"]) == UNTRAINED
    assert result.content["arms"]["oracle"]["normalized_apfd"]["mean"] == 1
    random, recorded = (result.content["arms"][name]["normalized_apfd"]["mean"] for name in ("random", "as_recorded"))
    assert random == pytest.approx(0.5, abs=0.1)
    assert recorded == pytest.approx(0.5, abs=0.2)


def test_builds_are_counted_where_they_went(result: PrioritizationResult) -> None:
    builds = result.content["builds"]
    assert builds["test"] == builds["judged"] + sum(builds["left_out"].values())
    assert builds["judged"] > 0


def test_the_ranked_tests_are_those_of_the_test_builds_each_once(result: PrioritizationResult) -> None:
    told = rows(result.path / TESTS_TABLE)
    assert list(told[0]) == ["build", "test", "verdict", "probability", "score", "rank"]
    assert len({row["build"] for row in told}) == result.content["builds"]["test"]
    assert len({(row["build"], row["test"]) for row in told}) == len(told)
    first = [row for row in told if row["build"] == told[0]["build"]]
    assert [float(row["rank"]) for row in first] == sorted(float(row["rank"]) for row in first)


def test_every_judged_build_has_its_metrics_by_order(result: PrioritizationResult) -> None:
    told = rows(result.path / BUILDS_TABLE)
    assert len(told) == result.content["builds"]["judged"] * len(UNTRAINED)
    mean = sum(float(row["apfd"]) for row in told if row["order"] == "bm25") / result.content["builds"]["judged"]
    assert mean == pytest.approx(result.content["arms"]["bm25"]["apfd"]["mean"], abs=1e-6)


def test_the_report_is_self_contained(result: PrioritizationResult) -> None:
    page = result.report.read_text()
    assert "<script" not in page
    assert "://" not in page
    assert page.count("<polyline") >= 5


def test_the_page_counts_one_build_as_one(result: PrioritizationResult) -> None:
    assert result.content["slices"]["first_failures"]["judged"] == 1
    assert "1 build judged." in result.report.read_text()


def test_a_curve_has_the_same_colour_whichever_order_is_used(result: PrioritizationResult) -> None:
    content = dict(result.content)

    def colours(used: str) -> dict[str, str]:
        lines = confidence_plot({**content, "choice": {**content["choice"], "order": used}}).lines
        return {line.name.removesuffix(" (used)"): line.colour for line in lines}

    assert colours("hybrid") == colours("oracle")
    assert len(set(colours("hybrid").values())) == len(colours("hybrid")) == 5


def test_what_is_there_already_is_found_again(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    again = judge_orders(domain, mined)
    assert (again.reused, again.digest) == (True, result.digest)


def test_another_model_is_another_experiment_with_vectors_of_its_own(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    shutil.rmtree(mined.root / "other")
    shutil.copytree(mined.root / "tiny", mined.root / "other")  # the same name, other weights
    same_as_base = judge_orders(domain, mined)
    assert same_as_base.digest != result.digest
    arms = same_as_base.content["arms"]
    assert arms["tuned_cosine"] == arms["base_cosine"]
    assert result.content["arms"]["tuned_cosine"] != result.content["arms"]["base_cosine"]


def test_a_foreign_model_is_said_to_be_one(result: PrioritizationResult) -> None:
    assert "what it has learned from is not known" in result.notes[0]


def test_a_model_that_is_not_there_is_refused_by_name(mined: Home, domain: EmbeddingDomain) -> None:
    shutil.rmtree(mined.root / "other")
    with pytest.raises(InputError, match=r"^prioritization\.semantic\.model_name: 'other' is neither"):
        judge_orders(domain, mined)


def test_a_relevance_that_no_build_of_the_test_split_has_is_nothing_to_judge(
    mined: Home, domain: EmbeddingDomain, tmp_path: Path
) -> None:
    failing = {(build, build % 3) for build in range(30)}
    history = "Build_ID,TP_Key,TC_Key,TE_Summary,TC_Steps,commit,TE_Test_Result,Build_Test_Start_Date\n" + "".join(
        f"B{build:02},shop,T{test},test {test},,change {build},{'Fail' if (build, test) in failing else 'Pass'},"
        f"2024-01-01T00:{build:02}:00Z\n"
        for build in range(50)
        for test in range(3)
    )
    domain = domain.with_overrides({"triplets.flaky_threshold": 1.0})
    (tmp_path / "calm.csv").write_text(history)
    shutil.rmtree(mined.data("test_history"))
    stages.ingest(domain, mined, [tmp_path / "calm.csv"])
    stages.build_dataset(domain, mined)
    with pytest.raises(NothingToJudgeError, match=r"no build of the validation split has both a run that counts"):
        judge_orders(domain, mined)


def test_a_domain_without_a_history_has_no_tests_to_order(home: Home) -> None:
    with pytest.raises(InputError, match="manuals holds no test execution history"):
        judge_orders(find_embedding_domain("manuals"), home)


def test_rank_uses_what_the_experiment_chose(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    text = json.loads((result.path / "prioritization.json").read_text())["choice"]["order"]
    ranking = rank_tests(domain, mined, Asked(Change("Fix the refund of a cancelled order")))
    assert (ranking.order, ranking.fallback) == (text, None)
    assert [test.rank for test in ranking.results] == list(range(1, 41))


def test_a_damaged_experiment_is_said_and_the_original_order_kept(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    (result.path / "prioritization.json").write_text("{")
    ranking = rank_tests(domain, mined, Asked(Change("x"), ("b", "a")))
    assert [test.test for test in ranking.results] == ["b", "a"]
    assert "altered since it was published" in str(ranking.fallback)


def test_the_oracle_is_the_best_order_of_every_slice(result: PrioritizationResult) -> None:
    for part in (*result.content["slices"].values(), result.content["other_faults"]):
        highest = {name: values["apfd"]["mean"] for name, values in part["arms"].items() if "apfd" in values}
        if highest:
            assert highest["oracle"] == max(highest.values())


def test_no_order_beats_the_oracle_on_any_metric_or_at_any_share_of_the_time(result: PrioritizationResult) -> None:
    """What fails comes first, and of that the shortest: else an order that knows durations would beat it in time."""
    arms, caught = result.content["arms"], result.content["curve"]["caught"]
    for metric in ("apfd", "apfdc", "map", "recall_at_time_5", "recall_at_time_10", "recall_at_time_20"):
        assert arms["oracle"][metric]["mean"] >= max(values[metric]["mean"] for values in arms.values()) - 1e-9
    for name in ("recently_failed", "hybrid", "random"):
        both = zip(caught["oracle"], caught[name], strict=True)
        assert all(best["mean"] >= one["mean"] - 1e-9 for best, one in both)


def test_the_headline_names_the_builds_the_metric_and_what_rank_uses(result: PrioritizationResult) -> None:
    judged = result.content["builds"]["judged"]
    assert result.headline.startswith(f"Failing runs ({judged} builds): the hybrid with the tuned model's ")
    assert "against the one without a model (APFD " in result.headline
    assert f"rank uses {result.choice['order']}: " in result.headline
    assert "apfd" not in result.headline


def test_the_page_says_what_its_verdict_is_of(result: PrioritizationResult) -> None:
    page = result.report.read_text()
    assert f'<h1 class="verdict">{result.content["verdict"]}</h1>' in page
    assert f"the worst answer for {QUESTION.replace(chr(39), '&#39;')}" in page


def test_the_page_shows_first_what_the_trees_look_at_most() -> None:
    importance = [["bm25", 0.1], *([f"a{number}", 0.0] for number in range(20)), ["failure_rate", 0.9]]
    [(name, lines)] = importance_rows({"learned": {"trees": {"lambdarank": {"importance": importance}}}})
    assert (name, lines) == ("lambdarank", (("failure rate", "90.0 %", 100.0), ("bm25", "10.0 %", 11.1)))


def test_every_order_that_rank_can_be_told_to_use_is_measured(result: PrioritizationResult) -> None:
    named = get_args(PrioritizationSettings.model_fields["order"].annotation)
    assert set(RANKABLE) == set(named) - {"auto"}
    assert set(RANKABLE) & set(UNTRAINED) <= set(result.content["curve"]["caught"])


def test_builds_that_have_landed_since_the_dataset_was_made_are_said(
    mined: Home, domain: EmbeddingDomain, tmp_path: Path
) -> None:
    assert not any("have landed since" in note for note in judge_orders(domain, mined).notes)
    later = write_sample(tmp_path / "later.csv", builds=20, tests=40, seed=2, signal=1.0).path
    stages.ingest(domain, mined, [later])
    again = judge_orders(domain, mined)
    assert again.reused
    assert again.notes[-1] == (
        "builds have landed since the dataset was made: run domain-ft dataset test_history first"
    )


def test_first_failures_are_compared_and_told_in_the_headline(result: PrioritizationResult) -> None:
    part = result.content["slices"]["first_failures"]
    assert {"verdict", "p_holm", "low", "high"} <= set(part["differences"][0])
    assert f"First failures ({counted(part['judged'], 'builds')})" in result.headline


def by_meaning(domain: EmbeddingDomain) -> EmbeddingDomain:
    return domain.with_overrides({"prioritization.order": "tuned_cosine"})


def test_rank_asks_the_model_that_the_experiment_was_made_with(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    ranking = rank_tests(by_meaning(domain), mined, Asked(Change("Fix the refund of a cancelled order")))
    assert (ranking.order, ranking.fallback) == ("tuned_cosine", None)
    assert "to the change" in ranking.results[0].reason
    other = by_meaning(domain).with_overrides({"prioritization.semantic.model_name": "tiny"})
    scores = [test.score for test in rank_tests(other, mined, Asked(Change("Fix the refund"))).results]
    assert scores != [
        test.score for test in rank_tests(by_meaning(domain), mined, Asked(Change("Fix the refund"))).results
    ]


def test_a_change_without_text_is_ranked_by_the_hybrid_under_its_own_name(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    ranking = rank_tests(by_meaning(domain), mined, Asked(Change("")))
    assert ranking.order == "hybrid"
    assert "hybrid in its place" in ranking.why


def test_a_model_that_was_deleted_under_its_cache_is_missed_and_the_original_order_kept(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    shutil.rmtree(mined.root / "other")
    ranking = rank_tests(by_meaning(domain), mined, Asked(Change("x"), ("b", "a")))
    assert [test.test for test in ranking.results] == ["b", "a"]
    assert "other" in str(ranking.fallback)


def materialized(domain: EmbeddingDomain, home: Home, **config: Any) -> dg.ExecuteInProcessResult:
    state = StateRoot()
    resources: dict[str, Any] = {"state": state, "compute": Compute(state=state)}
    ops = {"ops": {"test_history__prioritization": {"config": config}}} if config else None
    return dg.materialize([prioritization_asset(domain)], run_config=ops, resources=resources, raise_on_error=False)


def test_the_asset_shows_the_orders_and_whether_the_model_keeps_up(mined: Home, domain: EmbeddingDomain) -> None:
    done = materialized(domain, mined)
    [made] = done.asset_materializations_for_node("test_history__prioritization")
    assert {"verdict", "headline", "used_by_rank", "orders", "differences", "report", "random_apfd"} <= set(
        made.metadata
    )
    assert len([value for value in made.metadata.values() if isinstance(value.value, (int, float))]) <= 15
    [check] = done.get_asset_check_evaluations()
    assert check.check_name == "keeps_up"


def test_the_asset_passes_over_a_history_of_which_nothing_can_be_said(
    mined: Home, domain: EmbeddingDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: Any, **__: Any) -> None:
        raise NothingToJudgeError("too little")

    monkeypatch.setattr("domain_ft.uses.judge_orders.judge_orders", nothing)
    done = materialized(domain, mined)
    assert done.success
    assert done.get_asset_materialization_events() == []


@pytest.mark.slow
def test_what_learns_stands_in_the_same_tables(mined: Home, domain: EmbeddingDomain) -> None:
    learning = domain.with_overrides(
        {
            "prioritization.learned": True,
            "prioritization.lambdarank.trees": 20,
            "prioritization.lambdarank.min_rows_per_leaf": 5,
            "prioritization.network.epochs": 2,
            "prioritization.network.stream_width": 8,
            "prioritization.network.hidden": (8,),
        }
    )
    result = judge_orders(learning, mined)
    assert tuple(result.content["arms"]) == ORDERS
    found = result.content["learned"]["classification"]["network_tuned"]
    assert sum(found["confusion"].values()) == found["rows"]
    assert 0 < found["threshold"] < 1
    told = rows(result.path / TESTS_TABLE)
    assert all(0 <= float(row["probability"]) <= 1 for row in told)
    assert "expected calibration error" in result.report.read_text()


def test_a_trial_is_not_what_rank_follows(result: PrioritizationResult, mined: Home, domain: EmbeddingDomain) -> None:
    tried = judge_orders(domain.with_overrides({"prioritization.seed": 8}), mined, trial=True)
    assert tried.report.exists()
    assert tried.notes[-1].startswith("a trial: rank does not follow it")
    assert pointed(mined.prioritizations(domain.name) / "current") == result.path


def test_values_from_the_launchpad_make_it_a_trial(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    assert materialized(domain, mined, seed=9).success
    assert pointed(mined.prioritizations(domain.name) / "current") == result.path
    assert len(list(mined.prioritizations(domain.name).glob("*/prioritization.json"))) > 1


def test_a_clean_keeps_the_newest_experiment_alone(
    result: PrioritizationResult, mined: Home, domain: EmbeddingDomain
) -> None:
    judge_orders(domain.with_overrides({"prioritization.seed": 7}), mined)
    cleaned = clean_domain(mined, domain.name, 5, dry_run=True, now=time.time() + 3600)
    assert [each.path.name for each in cleaned.removed if each.kind == "prioritization"] == [result.digest]
