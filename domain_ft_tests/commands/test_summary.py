"""What a person reads at the end of a command: the figures, the verdict as it is, and what to do next."""

import copy
from typing import Any

import pytest

from domain_ft.store.home import CHECKOUT, HOME_VARIABLE, Home
from domain_ft_tests.command_reports import MODEL, STAYS, cells, run


def test_every_arm_is_a_row_with_the_primary_metrics_interval(shown: Any) -> None:
    lines = shown("run", run())
    assert "arms on 1,095 held-out builds" in "\n".join(lines)
    assert cells(lines, "arm")[:2] == ["arm", "map (interval)"]
    assert cells(lines, "candidate")[1] == "0.198 [0.148, 0.248]"
    assert cells(lines, "bm25")[1] == "0.087 [0.037, 0.137]"


def test_a_model_that_was_not_promoted_is_said_to_stay_challenger(shown: Any) -> None:
    lines = shown("run", run())
    assert STAYS in lines
    assert "champion: -, challenger: f6ddf25b0638, previous: -" in lines


def test_it_says_where_the_model_lies(shown: Any) -> None:
    assert f"it lies in {MODEL}" in shown("run", run())


def test_three_things_to_do_next_are_the_last_lines(shown: Any) -> None:
    assert [line[:3] for line in shown("run", run())[-3:]] == ["1. ", "2. ", "3. "]


def test_next_is_to_read_the_report(shown: Any) -> None:
    assert shown("run", run())[-3].endswith("/world/data/test_history/benchmarks/11697d7ffe8b/report.html")


def test_without_a_champion_the_new_version_is_the_model_to_use(shown: Any) -> None:
    assert shown("run", run())[-2].endswith(f'SentenceTransformer("{MODEL}")')


def test_with_a_champion_the_line_that_never_changes_is_shown(shown: Any) -> None:
    report = run()
    report["promotion"]["champion"] = "0ther0ther00"
    assert shown("run", report)[-2].endswith('SentenceTransformer("/world/models/test_history/champion")')


def test_the_ui_is_started_in_the_state_root_of_the_run(
    shown: Any, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown("run", run())[-1].endswith(f": DOMAIN_FT_HOME={home.root} make ui")
    monkeypatch.setenv(HOME_VARIABLE, str(CHECKOUT))
    assert shown("run", run())[-1].endswith(": make ui")


def test_the_funnel_names_each_count_and_its_reason(shown: Any) -> None:
    lines = shown("dataset", run()["dataset"])
    assert cells(lines, "rows") == ["rows", "1,435", "runs of the history"]
    assert "dataset 03f3568a792a: 136 train, 28 validation, 63 test; leakage between splits: 0" in lines


def test_leaks_are_added_up_and_told(shown: Any) -> None:
    report = {**run()["dataset"], "leakage": {"builds_in_two_splits": 2, "triplets_crossing_splits": 3}}
    assert shown("dataset", report)[-2].endswith("leakage between splits: 5")


def test_a_split_that_can_decide_nothing_is_told_with_the_dataset(shown: Any) -> None:
    assert shown("dataset", run()["dataset"])[-1].startswith("4 groups in the test split; at least 6 are needed")


def test_rejected_rows_are_counted_by_rule_and_their_place_named(shown: Any) -> None:
    lines = shown("ingest", run()["ingest"])
    assert cells(lines, "s.csv")[1:] == ["1,442", "1,435", "7", "0", "date_unparsable: 7"]
    assert "rejected rows with their reasons: /world/data/test_history/quarantine" in lines
    assert "TC_Steps: no such column, done without" in lines


def test_what_was_accepted_with_a_warning_is_told_apart_from_what_was_rejected(shown: Any) -> None:
    report = {**run()["ingest"], "kind": "pairs", "tables": {"pairs": 1435}}
    assert not [line for line in shown("ingest", report) if "warning" in line]
    lines = shown("ingest", {**report, "warnings": {"template_query": 1200, "page_marker": 3}})
    assert "accepted with a warning: template_query: 1,200, page_marker: 3" in lines
    assert lines[-1] == "pairs 39522f40e290: 1,435 pairs"


def test_a_dataset_tells_what_a_person_should_know_before_training(shown: Any) -> None:
    assert shown("dataset", {**run()["dataset"], "notes": ["3 of 9 contexts are cut"]})[-1] == "3 of 9 contexts are cut"


def test_a_file_that_was_read_before_is_said_to_add_nothing(shown: Any) -> None:
    report = copy.deepcopy(run()["ingest"])
    report["files"][0].update(skipped=True, rules=None)
    assert cells(shown("ingest", report), "s.csv")[-1] == "known already: nothing added"
