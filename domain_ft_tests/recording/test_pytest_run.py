"""A project's pytest, run as it stands: what is read from its report, and what it is kept from."""

import os
import sys
from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.recording.pytest_run import PytestRun, Runner
from domain_ft_tests.recording.conftest import write_project


def runner(tmp_path: Path, files: dict[str, str | bytes], python: str = sys.executable) -> Runner:
    project = write_project(tmp_path / "above" / "project", files)
    return Runner(Path(python), project.resolve(), tmp_path.resolve() / "beside", ("src", "."))


def run(tmp_path: Path, files: dict[str, str | bytes], note_calls: bool = False) -> PytestRun:
    made = runner(tmp_path, files)
    made.prepare()
    return made.run(60, note_calls=note_calls)


def verdicts(done: PytestRun) -> dict[str, str]:
    return {case.test: case.verdict for case in done.cases.values()}


def test_a_test_is_called_as_the_reader_of_reports_calls_it_and_its_worst_verdict_counts(tmp_path: Path) -> None:
    tests = (
        "import pytest\n"
        "class TestA:\n    @pytest.mark.parametrize('n', [1])\n    def test_p(self, n): pass\n"
        "@pytest.mark.skip\ndef test_s(): pass\n"
        "@pytest.fixture\ndef late():\n    yield\n    assert 0\n"
        "def test_t(late): pass\n"
        "def test_f(late): assert 0\n"
    )
    assert verdicts(run(tmp_path, {"tests/test_x.py": tests})) == {
        "tests.test_x.TestA.test_p[1]": "pass",
        "tests.test_x.test_s": "skipped",
        "tests.test_x.test_t": "error",
        "tests.test_x.test_f": "fail",
    }


def test_a_file_that_cannot_be_collected_keeps_no_other_from_running(tmp_path: Path) -> None:
    done = run(tmp_path, {"test_a.py": "import absent_module\n", "test_b.py": "def test_b(): pass\n"})
    assert done.uncollected == {"test_a"}
    assert verdicts(done) == {"test_b.test_b": "pass"}
    assert "No module named 'absent_module'" in done.says


def test_what_the_project_has_configured_holds_but_for_stopping_early(tmp_path: Path) -> None:
    tests = "def check_a(): assert 0\ndef check_b(): pass\n"
    files: dict[str, str | bytes] = {
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-x'\npython_functions = 'check_*'\n",
        "test_a.py": tests,
    }
    assert verdicts(run(tmp_path, files)) == {"test_a.check_a": "fail", "test_a.check_b": "pass"}


def test_neither_a_configuration_above_nor_credentials_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", "secret")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    write_project(tmp_path / "above", {"pytest.ini": "[pytest]\naddopts = --no-such-option\n"})
    tests = "import os\ndef test_a(): assert 'MY_API_KEY' not in os.environ\n"
    assert verdicts(run(tmp_path, {"test_a.py": tests})) == {"test_a.test_a": "pass"}


@pytest.mark.parametrize("asks", ["domain_ft = no_such", "addopts = --domain-ft=no_such"])
def test_a_project_that_has_its_tests_ordered_is_recorded_as_collected(tmp_path: Path, asks: str) -> None:
    plugin = asks.replace("addopts = ", "addopts = -p domain_ft.pytest_plugin.plugin ")
    plugin = plugin if "addopts" in plugin else f"addopts = -p domain_ft.pytest_plugin.plugin\n{plugin}"
    made = runner(tmp_path, {"pytest.ini": f"[pytest]\n{plugin}\n", "test_a.py": "def test_a(): pass\n"})
    made.prepare()
    assert verdicts(made.run(60)) == {"test_a.test_a": "pass"}
    assert "domain-ft:" not in (made.beside / "output.txt").read_text()


def test_what_the_tests_call_is_noted_by_file_and_line(tmp_path: Path) -> None:
    code = "import functools\n@functools.cache\ndef called():\n    return 1\ndef sleeping():\n    return 2\n"
    tests = "from pkg.mod import called\ndef test_a(): assert called()\n"
    done = run(tmp_path, {"src/pkg/mod.py": code, "test_a.py": tests}, note_calls=True)
    assert {line for file, line in done.called if file == "src/pkg/mod.py"} == {0, 2}


def test_an_interpreter_without_pytest_is_refused(tmp_path: Path) -> None:
    bare = tmp_path / "bare-python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(InputError, match=r"bare-python: has no pytest .*No module named 'pytest'"):
        runner(tmp_path, {"mod.py": ""}, os.fspath(bare)).prepare()
