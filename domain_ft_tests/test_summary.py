"""What a person reads at the end of a command: the figures, the verdict as it is, and what to do next."""

import copy
from typing import Any

import pytest

from domain_ft.store.home import CHECKOUT, HOME_VARIABLE, Home
from domain_ft.summary import show_summary

WIN = "WIN: the candidate is better than the base: MAP 0.198 against 0.129, a difference of +0.069 on 95 builds."
REGRESSION = (
    "REGRESSION: the candidate is worse than the champion: MAP 0.101 against 0.129, a difference of -0.028 (95 % CI "
    "-0.041 to -0.012) on 95 builds. Not shown to hold against the base: MRR@10."
)
INCONCLUSIVE = (
    "INCONCLUSIVE: candidate and base cannot be told apart: MAP 0.131 against 0.129, a difference of +0.002 (95 % CI "
    "-0.009 to +0.013) on 95 builds. To decide an effect of 0.01, about 1,240 builds are needed."
)
STAYS = "the verdict on map against the base is INCONCLUSIVE, so it stays challenger"
MODEL = "/world/models/test_history/f6ddf25b0638"


def estimate(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "n": 95, "clusters": 90}


def benchmark() -> dict[str, Any]:
    """The object of `domain-ft benchmark --json`; keys are sorted, as they come from a file."""
    ranked = {"random": 0.021, "bm25": 0.087, "base": 0.129, "candidate": 0.198}
    arms: dict[str, Any] = {name: {"apfd": estimate(0.5), "map": estimate(ranked[name])} for name in sorted(ranked)}
    for name in ("base", "candidate"):
        arms[name]["similarity_gap"] = estimate(0.313)
    return {
        "arms": arms,
        "collapse": {"arms": {"candidate": {"mean_pairwise_cosine": 0.2, "effective_rank": 257.3, "dimension": 384}}},
        "gates": [{"gate": "MAP >= 0.5", "metric": "map", "value": 0.198, "passed": False}],
        "general_ability": {"arms": {"candidate": {"accuracy_at_10": estimate(0.97), "mrr_at_10": estimate(0.81)}}},
        "speed": {"candidate": {"median_ms": 7.25, "p95_ms": 9.5, "texts_per_second": 210.4}},
        "evaluation_file": None,
        "headline": WIN,
        "n": 1095,
        "relevance": "flip",
        "units": "builds",
        "primary_metric": "map",
        "report": "/world/data/test_history/benchmarks/11697d7ffe8b/report.html",
        "slices": {"breaks": arms, "fixes": {"base": {"map": {"mean": 0.25, "low": None, "high": None}}}},
        "verdict": "WIN",
    }


def promotion() -> dict[str, Any]:
    """The object of `domain-ft promote --json` where there is no champion, before or after."""
    version = {
        "aliases": ["challenger"],
        "primary_metric": "map",
        "registered_at": "2026-11-21T04:11:31+00:00",
        "verdict": "INCONCLUSIVE",
        "version": "f6ddf25b0638",
    }
    return {
        "challenger": "f6ddf25b0638",
        "champion": None,
        "previous": None,
        "promoted": False,
        "reason": STAYS,
        "versions": [version],
    }


def run() -> dict[str, Any]:
    """The object of `domain-ft run --json`."""
    file = {"name": "s.csv", "read": 1442, "accepted": 1435, "rejected": 7, "duplicates": 0, "skipped": False}
    return {
        "ingest": {
            "files": [{**file, "rules": {"date_unparsable": 7}}],
            "notes": ["TC_Steps: no such column, done without"],
            "rejected": 7,
            "quarantine": "/world/data/test_history/quarantine",
            "digest": "39522f40e290",
            "kind": "history",
            "warnings": {},
            "tables": {"builds": 100, "tests": 40, "runs": 1435},
        },
        "dataset": {
            "counts": {"test": 63, "train": 136, "validation": 28},
            "digest": "03f3568a792a",
            "funnel": [{"count": 1435, "name": "rows", "why": "runs of the history"}],
            "leakage": {"builds_in_two_splits": 0, "triplets_crossing_splits": 0},
            "notes": ["4 groups in the test split; at least 6 are needed for a verdict"],
        },
        "train": {
            "version": "f6ddf25b0638",
            "path": MODEL,
            "reused": False,
            "steps": 1200,
            "seconds": 83.4,
            "examples_per_second": 201.7,
            "validation": {"map": 0.214},
            "base_validation": {"map": 0.131},
            "warnings": ["the loss did not fall: try more epochs"],
        },
        "benchmark": benchmark(),
        "promotion": promotion(),
    }


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], home: Home) -> Any:
    """The lines that a command's summary prints, in a state root of its own."""

    def lines(command: str, report: dict[str, Any]) -> list[str]:
        capsys.readouterr()
        show_summary(command, report)
        return capsys.readouterr().out.splitlines()

    return lines


def cells(lines: list[str], first: str) -> list[str]:
    """The cells of the first table row that begins so."""
    rows = [
        [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")] for line in lines if line[:1] in "│┃"
    ]
    return next(row for row in rows if row[0] == first)


def test_every_arm_is_a_row_with_the_primary_metrics_interval(shown: Any) -> None:
    lines = shown("run", run())
    assert "arms on 1,095 held-out builds" in "\n".join(lines)
    assert cells(lines, "arm")[:2] == ["arm", "map (interval)"]
    assert cells(lines, "candidate")[1] == "0.198 [0.148, 0.248]"
    assert cells(lines, "bm25")[1] == "0.087 [0.037, 0.137]"


def test_arms_stand_from_the_weakest_baseline_to_the_candidate(shown: Any) -> None:
    report = benchmark()
    report["arms"]["champion"] = report["arms"]["base"]
    lines = shown("benchmark", report)
    names = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert names[:5] == ["random", "bm25", "base", "champion", "candidate"]


def test_a_figure_that_an_arm_does_not_have_is_a_dash(shown: Any) -> None:
    lines = shown("benchmark", benchmark())
    gap = cells(lines, "arm").index("similarity_gap")
    assert (cells(lines, "bm25")[gap], cells(lines, "base")[gap]) == ("-", "0.313")


def test_a_slice_without_an_interval_or_without_an_arm_is_shown_as_such(shown: Any) -> None:
    lines = shown("benchmark", benchmark())
    by_slice = lines[next(number for number, line in enumerate(lines) if line.startswith("map by slice")) :]
    assert cells(by_slice, "arm") == ["arm", "breaks", "fixes"]
    assert cells(by_slice, "base")[2] == "0.250"
    assert cells(by_slice, "candidate")[2] == "-"


@pytest.mark.parametrize(
    ("verdict", "headline"), [("WIN", WIN), ("INCONCLUSIVE", INCONCLUSIVE), ("REGRESSION", REGRESSION)]
)
def test_the_verdict_is_told_in_the_words_of_the_benchmark_whatever_it_is(
    shown: Any, verdict: str, headline: str
) -> None:
    lines = shown("benchmark", {**benchmark(), "verdict": verdict, "headline": headline})
    assert headline in lines


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


@pytest.mark.parametrize("command", ["promote", "rollback", "compare"])
def test_a_registry_without_versions_or_champion_is_shown_as_empty(shown: Any, command: str) -> None:
    nothing = {"champion": None, "challenger": None, "previous": None, "versions": [], "groups": []}
    assert shown(command, nothing)[-1] == "champion: -, challenger: -, previous: -"


def test_a_version_with_two_aliases_and_no_benchmark_is_one_row(shown: Any) -> None:
    report = promotion()
    report["versions"][0].update(aliases=["challenger", "previous"], verdict=None, primary_metric=None)
    row = cells(shown("promote", report), "f6ddf25b0638")
    assert row[1:4] == ["challenger, previous", "-", "-"]


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


def test_a_training_says_what_it_took_what_it_gained_and_what_to_look_at(shown: Any) -> None:
    lines = shown("train", run()["train"])
    assert lines[0] == "model f6ddf25b0638: 1,200 steps in 83 s, 202 examples per second"
    assert cells(lines, "map") == ["map", "0.131", "0.214"]
    assert "warning: the loss did not fall: try more epochs" in lines


def test_a_model_that_was_there_already_is_said_to_be(shown: Any) -> None:
    assert "was published already" in shown("train", {**run()["train"], "reused": True})[0]


def test_a_training_without_validation_has_no_table(shown: Any) -> None:
    lines = shown("train", {**run()["train"], "validation": None, "base_validation": None})
    assert not [line for line in lines if line.startswith("│")]
