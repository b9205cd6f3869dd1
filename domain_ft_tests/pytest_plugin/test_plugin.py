"""The plugin in pytest runs of a real project: order, budget, trouble, and what it leaves alone."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from domain_ft_tests.pytest_project import PLUGIN, ROOT, Project

A = "def test_one(): pass\ndef test_two(): pass\n"
B = "class TestIn:\n    def test_x(self): pass\n    def test_y(self): pass\ndef test_z(): pass\n"
AS_COLLECTED = ["test_a.py::test_one", "test_a.py::test_two", *(f"test_b.py::{name}" for name in (
    "TestIn::test_x", "TestIn::test_y", "test_z"
))]  # fmt: skip
B_FIRST = [*AS_COLLECTED[2:], *AS_COLLECTED[:2]]


@pytest.fixture
def two(project: Project) -> Project:
    """A project of two modules, committed."""
    project.commit("Round prices late\n\nbecause of cents", **{"test_a.py": A, "test_b.py": B})
    return project


def test_modules_run_in_the_order_of_their_best_test_and_nothing_moves_in_them(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 2.0, "test_a.test_two": 1.0})
    ran = two.run()
    assert (ran.code, ran.order) == (0, B_FIRST)


def test_the_ranking_is_asked_once_with_the_commit_and_the_tests_as_the_history_calls_them(two: Project) -> None:
    two.run()
    assert two.asked() == [
        {
            "domain": "test_history",
            "change": "Round prices late\n\nbecause of cents",
            "paths": [".gitignore", "pytest.ini", "test_a.py", "test_b.py"],
            "tests": [
                "test_a.test_one", "test_a.test_two", "test_b.TestIn.test_x", "test_b.TestIn.test_y", "test_b.test_z"
            ],
        }
    ]  # fmt: skip


def test_inside_modules_and_classes_the_order_changes_only_if_told(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 3.0, "test_b.TestIn.test_y": 2.0, "test_a.test_two": 1.0})
    ran = two.run("--domain-ft-inside")
    b, a = ["test_z", "TestIn::test_y", "TestIn::test_x"], ["test_two", "test_one"]
    assert ran.order == [*(f"test_b.py::{name}" for name in b), *(f"test_a.py::{name}" for name in a)]


def test_the_ini_key_asks_too_and_an_empty_option_takes_it_back(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 1.0})
    two.write(**{"pytest.ini": "[pytest]\ndomain_ft = test_history\n"})
    assert two.run(domain=None).order == B_FIRST
    assert two.run(domain="").order == AS_COLLECTED


def test_a_test_that_the_ranking_does_not_know_is_kept_and_one_that_is_gone_is_ignored(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 1.0, "test_c.gone": 9.0}, unknown=["test_a.test_one"], gone=["test_c.gone"])
    ran = two.run()
    assert (ran.code, ran.order) == (0, B_FIRST)


def test_a_budget_deselects_what_the_ranking_likes_least_and_says_so(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 3, "test_a.test_two": 2}, each=10.0, must=["test_b.TestIn.test_y"])
    ran = two.run("--domain-ft-budget", "60%")
    assert (ran.code, ran.order) == (0, ["test_b.py::TestIn::test_y", "test_b.py::test_z", "test_a.py::test_two"])
    assert "3 passed, 2 deselected" in ran.out
    assert any("3 of 5 tests are run (1 of them must), expected to take 30.0 s of 50.0 s" in line for line in ran.said)


def test_a_budget_of_time_leaves_nothing_out_before_durations_are_known(two: Project) -> None:
    ran = two.run("--domain-ft-budget", "1s")
    assert len(ran.order) == 5
    assert "warning: budget 1s: nothing was left out, for no durations are known" in ran.said


def test_a_share_of_tests_without_durations_is_told_in_tests_not_in_seconds(two: Project) -> None:
    (line,) = (line for line in two.run("--domain-ft-budget", "20%").said if "budget" in line)
    assert line == (
        "budget 20%: 1 of 5 tests is run (0 of them must), a share of their number, for no duration is known; "
        "4 deselected"
    )


def test_a_budget_says_how_many_durations_it_had_to_guess(two: Project) -> None:
    two.rank(expected={f"test_b.{name}": 10.0 for name in ("test_z", "TestIn.test_x", "TestIn.test_y")})
    (line,) = (line for line in two.run("--domain-ft-budget", "40%").said if "budget" in line)
    assert "take 20.0 s of 50.0 s (2 durations are not known and taken for the mean); 3 deselected" in line


def test_a_budget_of_tests_that_take_no_time_worth_the_name_says_how_little(two: Project) -> None:
    two.rank(each=0.004)
    (line,) = (line for line in two.run("--domain-ft-budget", "40%").said if "budget" in line)
    assert "expected to take 8 ms of 20 ms" in line


def test_a_budget_counts_only_what_lf_leaves(two: Project) -> None:
    two.write(**{"test_b.py": B.replace("def test_y(self): pass", "def test_y(self): assert False")})
    two.run()
    two.rank(scores={"test_b.TestIn.test_x": 3}, each=100.0)
    ran = two.run("--lf", "--domain-ft-budget", "101s")
    assert ran.order == ["test_b.py::TestIn::test_y"]


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        (("-k", "test_x or test_two"), ["test_b.py::TestIn::test_x", "test_a.py::test_two"]),
        (("--deselect", "test_b.py::test_z"), [*B_FIRST[:2], *B_FIRST[3:]]),
        (("test_b.py::test_z", "test_a.py"), ["test_b.py::test_z", *AS_COLLECTED[:2]]),
    ],
)
def test_what_was_selected_is_what_is_ordered(two: Project, arguments: tuple[str, ...], order: list[str]) -> None:
    two.rank(scores={"test_b.test_z": 2.0, "test_b.TestIn.test_x": 1.0})
    assert two.run(*arguments).order == order
    assert len(two.asked()[0]["tests"]) == len(order)


def test_the_first_failure_stops_a_run_that_shall_stop(two: Project) -> None:
    two.write(**{"test_b.py": B.replace("def test_z(): pass", "def test_z(): assert False")})
    two.rank(scores={"test_b.test_z": 1.0})
    ran = two.run("-x")
    assert (ran.code, ran.order) == (1, B_FIRST[:3])


def test_stepwise_keeps_its_order(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 1.0})
    ran = two.run("--sw")
    assert ran.order == AS_COLLECTED
    assert ran.said[0].startswith("warning: --stepwise")


@pytest.mark.parametrize(
    ("ranking", "sentence"),
    [
        ({"raise": "no model"}, "RuntimeError: no model; the original order was kept"),
        ({"fallback": "there is no history yet."}, "there is no history yet; the original order was kept"),
        ({"die": True}, "ranking ended with exit code 9 (a library that dies); the original order was kept"),
        ({"sleep": 30}, "no answer within 0.5 s; the original order was kept"),
    ],
)
def test_on_any_trouble_the_order_stays_and_a_line_says_why(
    two: Project, ranking: dict[str, object], sentence: str
) -> None:
    two.rank(scores={"test_b.test_z": 1.0}, **ranking)
    ran = two.run("-W", "error", "--domain-ft-timeout", "0.5" if "sleep" in ranking else "20")
    assert (ran.code, ran.order, ran.said) == (0, AS_COLLECTED, [f"warning: {sentence}"])


def test_a_failing_run_fails_alike_where_the_ranking_is_in_trouble(two: Project) -> None:
    two.write(**{"test_a.py": "def test_one(): assert False\n"})
    two.rank(**{"raise": "no model"})
    assert two.run().code == two.run(domain=None).code == 1


def test_a_commit_that_git_does_not_know_keeps_the_order(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 1.0})
    ran = two.run("--domain-ft-commit", "nowhere")
    assert (ran.code, ran.order) == (0, AS_COLLECTED)
    assert "git knows no commit 'nowhere'" in ran.said[0]


def test_without_git_the_ranking_has_the_history_alone(project: Project) -> None:
    project.write(**{"test_a.py": A, "test_b.py": B})
    project.rank(scores={"test_b.test_z": 1.0})
    assert project.run().order == B_FIRST
    assert (project.asked()[0]["change"], project.asked()[0]["paths"]) == ("", [])


def test_a_budget_that_cannot_be_read_is_a_wrong_use_of_pytest(two: Project) -> None:
    ran = two.run("--domain-ft-budget", "soon")
    assert ran.code == 4
    assert "expected a time or a share above 0, such as 90s, 10m, 1.5h or 20%, got 'soon'" in ran.out


def test_the_reasons_are_shown_when_asked_for_words(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 1.5})
    said = two.run().said
    assert said[0].startswith("5 tests in 2 modules ordered by test_history (hybrid) for commit ")
    assert said[0].endswith(": Round prices late")
    assert said[1] == "  1. test_b.test_z: because (score 1.5)"


def test_the_notes_of_the_ranking_are_shown_two_of_them_or_all_when_asked_for_words(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 1.5}, notes=["one", "two", "three"], why="best on validation")
    assert two.run("-q").said[1:] == ["  one", "  two", "  1 more note with -v"]
    assert two.run().said[-4:] == ["  hybrid: best on validation", "  one", "  two", "  three"]


def test_one_module_is_one_module(two: Project) -> None:
    assert two.run("test_a.py").said[0].startswith("2 tests in 1 module ordered by ")


def test_what_a_fixture_with_parameters_has_woven_together_stays_together(project: Project) -> None:
    woven = "import pytest\n@pytest.fixture(scope='module', params=[1, 2])\ndef made(request): print('made')\n"
    woven += "def test_p(made): pass\ndef test_q(made): pass\ndef test_r(): pass\n"
    project.commit("Weave", **{"test_w.py": woven})
    project.rank(scores={"test_w.test_r": 2, "test_w.test_q[2]": 1})
    names = ["test_r", "test_p[1]", "test_q[1]", "test_p[2]", "test_q[2]"]
    assert project.run("--domain-ft-inside").order == [f"test_w.py::{name}" for name in names]


def test_the_plugin_loads_nothing_and_changes_nothing_where_it_is_not_asked_for(two: Project) -> None:
    seen = "import sys\ndef test_seen():\n    ours = {m for m in sys.modules if m.split('.')[0] == 'domain_ft'}\n"
    seen += "    ours -= {'domain_ft.pytest_plugin.daily'}  # the ranking of these tests, in place from the start\n"
    seen += "    assert ours == {'domain_ft', 'domain_ft.pytest_plugin', 'domain_ft.pytest_plugin.plugin'}\n"
    two.write(**{"test_c.py": seen})
    ran = two.run(domain=None)
    assert (ran.code, ran.order[:5], ran.said, two.asked()) == (0, AS_COLLECTED, [], [])


def test_the_process_of_the_tests_is_spared_every_library_even_when_asked(two: Project) -> None:
    tells = "import pathlib, sys\ndef test_tells():\n    names = {name.partition('.')[0] for name in sys.modules}\n"
    tells += "    pathlib.Path('names').write_text(' '.join(sorted(names - sys.stdlib_module_names)))\n"
    two.write(**{"test_c.py": tells})
    loaded = []
    for domain in (None, "test_history"):
        assert two.run(domain=domain).code == 0
        loaded.append((two.path / "names").read_text().split())
    assert loaded[0] == loaded[1]
    assert "domain_ft" in loaded[0]


def test_warnings_that_are_errors_in_the_project_are_none_in_the_ranking(two: Project) -> None:
    two.rank(scores={"test_b.test_z": 1.0})
    assert two.run(PYTHONWARNINGS="error::DeprecationWarning").order == B_FIRST


def test_nothing_else_in_domain_ft_imports_pytest() -> None:
    package = ROOT / "domain_ft"
    importing = [
        file.relative_to(package).parts[0]
        for file in package.rglob("*.py")
        if any(line.split()[:2] in (["import", "pytest"], ["from", "pytest"]) for line in file.read_text().splitlines())
    ]
    assert set(importing) == {"pytest_plugin"}


def test_pytest_finds_the_plugin_by_its_entry_point_and_warns_of_nothing(two: Project) -> None:
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    installed = two.ranking / "domain_ft_as_installed-0.dist-info"  # what an installer writes, on the path
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: domain-ft-as-installed\nVersion: 0\n")
    (installed / "entry_points.txt").write_text(
        "[pytest11]\n" + "".join(f"{name} = {module}\n" for name, module in entry.items())
    )
    files = [file.relative_to(ROOT).as_posix() for file in (ROOT / "domain_ft").rglob("*.py")]
    (installed / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    two.rank(scores={"test_b.test_z": 1.0})
    ran = two.run("-W", "error", "-p", "domain_ft", plugin=(), domain="test_history")
    assert (ran.code, ran.order) == (0, B_FIRST)


def test_another_python_may_do_the_ranking(two: Project, tmp_path: Path) -> None:
    python = tmp_path / "python-of-domain-ft"
    python.write_text(f'#!/bin/sh\ntouch "{tmp_path}/was-used"\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    two.rank(scores={"test_b.test_z": 1.0})
    assert two.run(DOMAIN_FT_PYTHON=str(python)).order == B_FIRST
    assert (tmp_path / "was-used").exists()
    ran = two.run(DOMAIN_FT_PYTHON=str(tmp_path / "none"))
    assert (ran.code, ran.order) == (0, AS_COLLECTED)
    assert "cannot be started" in ran.said[0]


def test_help_shows_the_options(two: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, "--help"],
        env=two.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--domain-ft-budget" in done.stdout
