"""The plugin under pytest-xdist: one ranking, one order, one report."""

import re
from pathlib import Path
from typing import Any

import pytest

from domain_ft_tests.pytest_project import Project, ingested

MODULES = {f"test_{name}.py": "".join(f"def test_{n}(): pass\n" for n in range(6)) for name in "abcd"}
XDIST = ("-p", "xdist", "-n", "2")


@pytest.fixture
def four(project: Project) -> Project:
    project.commit("Add four", **MODULES)
    project.rank(scores={"test_d.test_5": 4, "test_c.test_0": 3, "test_b.test_0": 2}, each=1.0)
    return project


def test_workers_agree_on_one_ranking_and_each_test_runs_exactly_once(four: Project, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ran = four.run(*XDIST, TMPDIR=str(scratch))
    assert ran.code == 0
    assert sorted(ran.order) == sorted(f"test_{m}.py::test_{n}" for m in "abcd" for n in range(6))
    assert len(four.asked()) == 1
    assert [line for line in ran.said if "ordered" in line] == [ran.said[0]]
    assert not list(scratch.glob("domain-ft-*"))


def test_each_worker_begins_near_the_head_of_the_order(project: Project) -> None:
    names = [f"test_{number:02}" for number in range(24)]
    project.commit("Add many", **{f"{name}.py": "".join(f"def test_{n}(): pass\n" for n in range(4)) for name in names})
    project.rank(scores={f"{name}.test_0": float(rank) for rank, name in enumerate(names)})
    ran = project.run(*XDIST)
    begun = [re.search(rf"^\[gw{worker}\] .* PASSED (\w+)", ran.out, re.M) for worker in (0, 1)]
    assert {found[1] for found in begun if found} == {"test_23", "test_22"}


def test_files_are_handed_out_in_their_order(four: Project) -> None:
    four.write(**{"test_a.py": MODULES["test_a.py"] + "def test_more(): pass\n" * 20})
    ran = four.run(*XDIST, "--dist", "loadfile")
    assert {name.partition("::")[0] for name in ran.order[:2]} <= {"test_d.py", "test_c.py"}


def test_the_controller_alone_writes_and_each_test_once(four: Project) -> None:
    ran = four.run(*XDIST, report=True)
    assert len(list(four.landing.iterdir())) == 1
    history = ingested(four)
    assert (history.builds.height, history.runs.height, set(history.runs["verdict"])) == (1, 24, {"pass"})
    assert "the results of 24 tests were written to" in ran.said[-1]


def test_workers_leave_out_the_same_tests(four: Project) -> None:
    ran = four.run(*XDIST, "--domain-ft-budget", "25%")
    assert (ran.code, len(ran.order)) == (0, 6)
    assert any("6 of 24 tests are run" in line for line in ran.said)


@pytest.mark.parametrize("ranking", [{"raise": "no model"}, {"sleep": 30}])
def test_trouble_keeps_the_order_of_all_workers(four: Project, ranking: dict[str, Any]) -> None:
    four.rank(**ranking)
    ran = four.run(*XDIST, "--domain-ft-timeout", "0.7")
    assert (ran.code, len(ran.order)) == (0, 24)
    assert [line.endswith("the original order was kept") for line in ran.said] == [True]


def test_of_interrupted_workers_what_ended_is_written_and_nothing_else(project: Project) -> None:
    waits = "import pathlib, time\ndef test_waits():\n    time.sleep(1)\n    pathlib.Path('{}').touch()\n"
    waits += "    time.sleep(60)\n"
    files = {"test_a.py": "def test_a(): pass\n" + waits.format("waits_a"), "test_b.py": waits.format("waits_b")}
    project.commit("Wait", **files)
    ran = project.interrupted(*XDIST, "--dist", "loadfile", when="waits_a")
    assert ran.code == 2
    assert ingested(project).runs.select("test_id", "verdict").rows() == [("test_a.test_a", "pass")]


def test_an_unknown_commit_keeps_the_order_of_all_workers(four: Project) -> None:
    ran = four.run(*XDIST, "--domain-ft-commit=nowhere")
    assert (ran.code, len(ran.order), four.asked()) == (0, 24, [])
    assert "git knows no commit 'nowhere'; fetch it, or name another one; the original order was kept" in ran.said[0]


def test_a_worker_that_dies_takes_one_test_with_it(project: Project) -> None:
    dies = "import os\ndef test_a(): pass\ndef test_dies(): os._exit(7)\ndef test_c(): pass\n"
    project.commit("Die", **{"test_w.py": dies, **MODULES})
    project.rank(scores={"test_w.test_c": 1.0})
    ran = project.run(*XDIST, report=True)
    assert ran.code == 1
    runs = ingested(project).runs
    assert runs.filter(verdict="error")["test_id"].to_list() == ["test_w.test_dies"]
    assert runs.height == 27
