"""The loop: what a run of pytest writes back is what the history then says."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from domain_ft.history.tables import read_history
from domain_ft.landing.files import landing_files
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import SourceSettings
from domain_ft.recording.record import record_history
from domain_ft.recording.settings import RecordingSettings
from domain_ft.store.home import Home
from domain_ft_tests.pytest_project import Project, ingested, ingested_by_command

BASKET = "def total(items):\n    return sum(items)\n\n\ndef rounded(items):\n    return round(total(items), 2)\n"
TESTS = '''"""Tests of the basket."""
import time
import pytest
from basket import rounded, total

class TestTotal:
    def test_adds_up(self):
        """Prices are added up.

        All of them."""
        time.sleep(0.1)
        assert total([1, 2]) == 3

@pytest.mark.parametrize("cents", [0.005, "a\\x07::b[c]"])
def test_rounds(cents):
    assert isinstance(cents, str) or rounded([cents]) in (0.0, 0.01)
'''
ODD = "test_basket.test_rounds[a\\x07::b[c]]"
IDS = ["test_basket.TestTotal.test_adds_up", "test_basket.test_rounds[0.005]", ODD]
KINDS = """
import os, signal, pytest

@pytest.fixture
def broken():
    assert False

@pytest.fixture
def breaks_later():
    yield
    assert False

def test_passes(): pass
def test_fails(): assert False
def test_has_no_setup(broken): pass
def test_has_no_teardown(breaks_later): pass
def test_fails_twice(breaks_later): assert False
def test_is_skipped(): pytest.skip("not here")
@pytest.mark.xfail
def test_is_known_to_fail(): assert False
def test_has_subtests(subtests):
    with subtests.test("one"): pass
    with subtests.test("two"): assert False
"""


def results(project: Project) -> dict[str, str]:
    """Verdicts by test, of a project that ran once, without the module's name."""
    runs = ingested(project).runs
    return {test.rpartition(".")[2]: verdict for test, verdict in runs.select("test_id", "verdict").iter_rows()}


def test_after_three_commits_the_history_has_each_test_three_times(project: Project) -> None:
    began = datetime.now(UTC)
    shas = []
    for message, source in (
        ("Add the basket", BASKET),
        ("Add twice\n\nA mistake", BASKET.replace("sum(items)", "2 * sum(items)")),
        ('Revert "Add twice"', BASKET),
    ):
        shas.append(project.commit(message, **{"basket.py": source, "test_basket.py": TESTS}))
        assert project.run(report=True).code == (1 if "twice\n" in message else 0)
    history = ingested_by_command(project)
    assert history.builds.select("build_id", "change_ids", "change_text", "change_paths").rows() == [
        (shas[0], [shas[0]], "Add the basket", [".gitignore", "basket.py", "pytest.ini", "test_basket.py"]),
        (shas[1], [shas[1]], "Add twice\n\nA mistake", ["basket.py"]),
        (shas[2], [shas[2]], 'Revert "Add twice"', ["basket.py"]),
    ]
    assert history.tests.sort("test_id").rows() == [
        (IDS[0], "default", "basket Total: adds up\nPrices are added up."),
        (IDS[1], "default", "basket: rounds [0.005]"),
        (IDS[2], "default", "basket: rounds [a\\x07::b[c]]"),
    ]
    runs = history.runs.join(history.builds.select("build_id", "started_at"), on="build_id").sort("started_at")
    verdicts = {test: frame["verdict"].to_list() for (test,), frame in runs.group_by("test_id", maintain_order=True)}
    assert verdicts == {IDS[0]: ["pass", "fail", "pass"], IDS[1]: ["pass"] * 3, IDS[2]: ["pass"] * 3}
    slow = history.runs.filter(pl.col("test_id") == IDS[0])["duration_s"]
    assert slow.is_between(0.1, 5).all()
    assert history.builds["started_at"].is_between(began, datetime.now(UTC)).all()
    assert all(sorted(asked["tests"]) == sorted(history.tests["test_id"]) for asked in project.asked())


def test_what_broke_by_such_a_change_before_runs_first_the_next_time(project: Project) -> None:
    mail = "def headers():\n    return {'charset': 'utf-8'}\n"
    tests = "from mail import headers\ndef test_headers():\n    assert headers()['charset'] == 'utf-8'\n"
    files = {"basket.py": BASKET, "test_basket.py": TESTS, "mail.py": mail, "test_mail.py": tests}
    for message, changed, code in (
        ("Add basket and mail", files, 0),
        ("Mail headers name the sender", {"mail.py": mail.replace("charset", "sender")}, 1),
        ("Mail headers name the charset again", {"mail.py": mail}, 0),
    ):
        project.commit(message, **changed)
        ran = project.run(report=True, ranked_by_history=True)
        assert ran.code == code
        ingested(project)
    assert ran.said[0].startswith("4 tests in 2 modules ordered by test_history (hybrid) for commit ")
    project.commit("Mail headers in capitals", **{"mail.py": f"{mail}\n"})
    ran = project.run("--domain-ft-budget=30%", ranked_by_history=True)
    assert ran.order[0] == "test_mail.py::test_headers"
    assert "test_basket.py::TestTotal::test_adds_up" not in ran.order  # it takes most of the time
    assert "1. test_mail.test_headers: shares headers, mail with the change; broke with" in ran.said[1]


def test_after_a_recording_the_plugin_s_runs_tell_each_test_in_the_same_words(project: Project, home: Home) -> None:
    tests = TESTS.replace("Prices are added up.\n", "Prices are\n        added up.\n")
    project.commit("Add the basket", **{"basket.py": BASKET, "test_basket.py": tests})
    folder, source = home.landing("test_history"), SourceSettings()
    record_history(project.path, RecordingSettings(changes=1), source, home, landing=folder)
    assert project.run(report=True).code == 0
    notes = ingest_files(
        landing_files(folder, settle_s=0), domain="test_history", source=source, raw=home.raw("test_history"),
        quarantine=home.quarantine("test_history"),
    ).notes  # fmt: skip
    history = read_history(home.raw("test_history") / "current")
    assert set(history.runs.group_by("test_id").len()["len"]) == {history.builds.height}
    assert [note for note in notes if "disagree" in note] == []
    assert history.tests.sort("test_id")["text"][0] == "basket Total: adds up\nPrices are added up."


def test_the_first_run_of_all_keeps_its_order_for_there_is_no_history(project: Project) -> None:
    project.commit("Add the basket", **{"basket.py": BASKET, "test_basket.py": TESTS})
    ran = project.run(ranked_by_history=True)
    assert (ran.code, len(ran.order)) == (0, 3)
    assert ran.said[0].startswith("warning: ")
    assert ran.said[0].endswith("; the original order was kept")


@pytest.mark.parametrize("scopes", [("mail",), ("mail", "shop", "web")])
def test_a_project_that_the_history_does_not_know_keeps_its_order_and_is_told_why(
    project: Project, tmp_path: Path, scopes: tuple[str, ...]
) -> None:
    head = "Build_ID,TP_Key,TC_Key,TE_Summary,commit,TE_Test_Result,Build_Test_Start_Date\n"
    rows = [f"b{name},{name},{name}-1,sends,Mend {name},Fail,2026-05-01T10:00:00Z\n" for name in scopes]
    (tmp_path / "strangers.csv").write_text("".join([head, *rows]))
    home = Home(project.home)
    ingest_files(
        [tmp_path / "strangers.csv"], domain="test_history", source=SourceSettings(), raw=home.raw("test_history"),
        quarantine=home.quarantine("test_history"),
    )  # fmt: skip
    project.commit("Add the basket", **{"basket.py": BASKET, "test_basket.py": TESTS})
    ran = project.run(ranked_by_history=True)
    assert (ran.code, len(ran.order)) == (0, 3)
    assert ran.said == [
        f"warning: no results of this project have landed yet (scope default; the history has {', '.join(scopes)}); "
        "run domain-ft ingest test_history when this run has written its own; the original order was kept"
    ]


def test_every_way_in_which_a_test_can_end_has_its_verdict(project: Project) -> None:
    project.commit("Try all", **{"test_kinds.py": KINDS})
    project.run(report=True)
    assert results(project) == {
        "test_passes": "pass",
        "test_fails": "fail",
        "test_has_no_setup": "error",
        "test_has_no_teardown": "error",
        "test_fails_twice": "fail",
        "test_is_skipped": "skipped",
        "test_is_known_to_fail": "skipped",
        "test_has_subtests": "fail",
    }


def test_of_an_interrupted_run_what_ended_is_written_and_nothing_else(project: Project) -> None:
    waits = "import pathlib, time\ndef test_a(): pass\ndef test_b():\n    pathlib.Path('waits').touch()\n"
    waits += "    time.sleep(60)\ndef test_c(): pass\n"
    project.commit("Wait", **{"test_w.py": waits})
    ran = project.interrupted(when="waits")
    assert ran.code == 2
    assert results(project) == {"test_a": "pass"}


def test_of_a_run_that_is_stopped_early_only_what_ran_is_written(project: Project) -> None:
    project.commit("Stop", **{"test_s.py": "def test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pass\n"})
    project.run("-x", report=True)
    assert results(project) == {"test_a": "pass", "test_b": "fail"}


def test_two_parts_of_one_build_are_one_build(project: Project) -> None:
    sha = project.commit("Part", **{"test_s.py": "def test_a(): pass\ndef test_b(): pass\n"})
    for test in ("test_a", "test_b"):
        project.run("-k", test, "--domain-ft-build=1234567", report=True)
    history = ingested(project)
    assert history.builds.select("build_id", "change_ids").rows() == [("1234567", [sha])]
    assert history.runs.height == 2


def test_without_git_a_change_in_words_makes_a_build_of_its_own(project: Project) -> None:
    project.write(**{"test_s.py": "def test_a(): pass\n"})
    for text in ("Round late", "Round early"):
        project.run("--domain-ft-change-text", text, report=True)
    history = ingested(project)
    assert sorted(history.builds["change_text"]) == ["Round early", "Round late"]
    assert history.builds["change_ids"].to_list() == [[], []]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "changes are not committed (test_s.py)"),
        (("--collect-only",), None),
        (("--setup-plan",), None),
        (("-k", "nothing"), None),
    ],
)
def test_what_is_no_result_of_a_change_is_not_written(
    project: Project, arguments: tuple[str, ...], why: str | None
) -> None:
    project.commit("One", **{"test_s.py": "def test_a(): pass\n"})
    if why:
        project.write(**{"test_s.py": "def test_a(): assert True\n"})
    ran = project.run(*arguments, report=True)
    assert not project.landing.exists()
    assert [line for line in ran.said if "were not written" in line] == (
        [f"the results of 1 test were not written: {why}; name the change by --domain-ft-commit or "
         "--domain-ft-change-text"] if why else []
    )  # fmt: skip


def test_an_unknown_domain_gets_no_folder_and_the_tests_their_exit_status(project: Project) -> None:
    project.commit("One", **{"test_s.py": "def test_a(): pass\n"})
    ran = project.run(domain="test_histroy", report=True)
    assert ran.code == 0
    assert "did you mean test_history?" in ran.said[-1]
    assert not (project.home / "data").exists()


def test_a_landing_folder_that_cannot_be_written_costs_a_line(project: Project) -> None:
    project.commit("One", **{"test_s.py": "def test_a(): pass\n"})
    project.landing.parent.mkdir(parents=True)
    project.landing.write_text("a file in its place")
    ran = project.run(report=True)
    assert ran.code == 0
    assert ran.said[-1].startswith("warning: the results of 1 test were not written: ")


def test_a_report_appears_whole(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain_ft.pytest_plugin import landing_report

    folder = home.landing("test_history")
    seen: list[list[str]] = []
    replace = Path.replace

    def watched(self: Path, target: Path) -> Path:
        seen.append([path.name for path in folder.iterdir() if not path.name.startswith(".")])
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    told = {"domain": "test_history", "build": "b", "commit": None, "change_text": "One", "paths": []}
    started = {"started": "2026-05-01T10:00:00+00:00", "tests": [["a.py::test_b", "", "pass", 0.1]]}
    path = Path(landing_report.answer({**json.loads(json.dumps(told)), **started})["path"])
    assert seen == [[]]
    assert [file.name for file in folder.iterdir()] == [path.name]
