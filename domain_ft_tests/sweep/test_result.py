"""What is said of a sweep: the order of its rows, and that the best one is named only where rows may be compared."""

from domain_ft.domains import find_domain
from domain_ft.sweep.result import SweepResult, SweepRow, sweep_result


def row(version: str, mean: float | None, comparison: str = "c1", **settings: str) -> SweepRow:
    return SweepRow(settings or {"training.epochs": "1"}, version, comparison_digest=comparison, mean=mean)


def result(*rows: SweepRow) -> SweepResult:
    return sweep_result(find_domain("test_history").with_preset("quick"), "s", rows, len(rows))


def test_the_best_comes_first_and_is_named() -> None:
    found = result(row("a", 0.1), row("b", 0.3), row("c", None), row("d", 0.2))
    assert [each.version for each in found.rows] == ["b", "d", "a", "c"]
    assert found.best == "b"


def test_the_best_of_several_is_called_optimistic_with_the_command_that_tests_it() -> None:
    found = result(row("a", 0.1), row("b", 0.3, **{"training.epochs": "2", "training.loss": "triplet"}))
    (note,) = found.notes
    assert note.startswith("The best of 2 on validation looks better than it is")
    assert note.endswith("run test_history --preset quick --set training.epochs=2 --set training.loss=triplet")


def test_rows_measured_on_different_things_are_not_ranked_against_each_other() -> None:
    found = result(row("a", 0.1, "c1"), row("b", 0.9, "c2"), row("c", 0.2, "c1"))
    assert [each.version for each in found.rows] == ["c", "a", "b"]
    assert found.best is None
    assert "measured on 2 different sets" in found.notes[0]


def test_too_small_a_validation_split_is_told_once() -> None:
    few = "1 group in the validation split"
    rows = [SweepRow({}, "a", comparison_digest="c", mean=mean, few_clusters=few) for mean in (0.1, 0.2)]
    assert result(*rows).notes[1:] == (few,)


def test_what_failed_comes_last_and_is_counted() -> None:
    failed = SweepRow({"training.epochs": "1"}, error="memory ran out")
    found = result(failed, row("a", 0.1))
    assert [each.error for each in found.rows] == [None, "memory ran out"]
    assert (found.failed, found.best) == (1, "a")


def test_the_answer_carries_the_keys_that_scripts_rely_on() -> None:
    answer = result(row("a", 0.1)).as_json()
    assert {"domain", "split", "primary_metric", "combinations", "best", "mlflow_url"} <= answer.keys()
    assert answer["split"] == "validation"
    assert {"settings", "version", "mean", "low", "high", "difference"} <= answer["combinations"][0].keys()
