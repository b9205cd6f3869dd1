"""What came of a test, by the reports of its phases."""

from typing import Any

import pytest

from domain_ft.pytest_plugin.outcomes import TOLD, Outcome, Outcomes


def report(node_id: str, when: str, outcome: str = "passed", told: list[str] | None = None) -> Any:
    """A report of a phase that took a second."""
    made = pytest.TestReport(node_id, ("a.py", 1, "t"), {}, outcome, None, when, duration=1.0)  # type: ignore[arg-type]
    if told:
        setattr(made, TOLD, told)
    return made


def outcomes(*reports: Any) -> list[Outcome]:
    gathered = Outcomes()
    for one in reports:
        gathered.add(one)
    return list(gathered.finished())


def test_a_test_takes_the_time_of_all_its_phases() -> None:
    phases = [report("a.py::t", when) for when in ("setup", "call", "teardown")]
    assert outcomes(*phases) == [Outcome("a.py::t", "", "pass", 3.0)]


def test_a_test_is_called_as_it_was_collected_whatever_workers_make_of_its_name() -> None:
    phases = [report("a.py::t@group", "setup", told=["a.py::t", "What it does."])]
    phases += [report("a.py::t@group", when) for when in ("call", "teardown")]
    assert outcomes(*phases) == [Outcome("a.py::t", "What it does.", "pass", 3.0)]


@pytest.mark.parametrize("ended", [("setup",), ("setup", "call"), ("setup", "teardown"), ("call",)])
def test_of_a_test_that_did_not_run_to_its_end_nothing_is_known(ended: tuple[str, ...]) -> None:
    assert outcomes(*(report("a.py::t", when) for when in ended)) == []


def test_of_several_reports_of_one_phase_the_worst_counts_and_the_time_once() -> None:
    phases = [report("a.py::t", "setup"), report("a.py::t", "call", "failed"), report("a.py::t", "call")]
    assert outcomes(*phases, report("a.py::t", "teardown")) == [Outcome("a.py::t", "", "fail", 3.0)]


def test_a_test_that_is_tried_again_counts_as_it_ended() -> None:
    phases = [report("a.py::t", "setup"), report("a.py::t", "call", "rerun"), report("a.py::t", "call")]
    assert outcomes(*phases, report("a.py::t", "teardown"))[0].verdict == "pass"


def test_two_node_ids_of_one_history_test_give_it_one_outcome_the_worse() -> None:
    good = [report("a/b.py::C::t", when) for when in ("setup", "call", "teardown")]
    bad = [report("a/b/C.py::t", "setup", "failed"), report("a/b/C.py::t", "teardown")]
    assert [one.verdict for one in outcomes(*good, *bad)] == ["error"]
