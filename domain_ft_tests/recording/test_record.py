"""A project is recorded by running its real pytest; what comes of it is a history that can be learned from."""

import json
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.landing.settings import SourceSettings
from domain_ft.landing.values import parse_items, parse_moment
from domain_ft.recording import record as recording_record
from domain_ft.recording.choice import Called, order_changes
from domain_ft.recording.journal import Build, Journal
from domain_ft.recording.mutations import Mutation
from domain_ft.recording.pytest_run import Runner
from domain_ft.recording.record import record_history
from domain_ft.recording.result import RecordingResult
from domain_ft.recording.settings import RecordingSettings
from domain_ft.store.home import Home
from domain_ft_tests.recording.conftest import SMALL, Project, Record

TINY: dict[str, str | bytes] = {
    "calc.py": "def one():\n    return 1\n",
    "test_calc.py": "from calc import one\n\ndef test_one():\n    assert one() == 1\n",
}


@pytest.fixture(scope="module")
def rows(recorded: RecordingResult) -> pl.DataFrame:
    return pl.read_csv(recorded.path, infer_schema=False)


def of_build(rows: pl.DataFrame, build: str) -> dict[str, str]:
    chosen = rows.filter(pl.col("Build_ID") == build)
    return dict(zip(chosen["TC_Key"], chosen["TE_Test_Result"], strict=True))


def builds(rows: pl.DataFrame) -> list[str]:
    return rows["Build_ID"].unique(maintain_order=True).to_list()


def test_the_first_build_is_the_unchanged_project_with_its_failing_tests(rows: pl.DataFrame) -> None:
    first = of_build(rows, builds(rows)[0])
    assert Counter(first.values()) == {"Pass": 5, "Fail": 1}
    assert first["tests.test_stats.test_always_fails"] == "Fail"


def test_a_change_that_tests_notice_is_taken_back_in_the_next_build(rows: pl.DataFrame) -> None:
    found = builds(rows)
    undone = [place for place, build in enumerate(found) if build.endswith("-undo")]
    assert undone
    for place in undone:
        assert of_build(rows, found[place - 1]) != of_build(rows, found[0])
        assert of_build(rows, found[place]) == of_build(rows, found[0])


def test_a_change_that_no_test_notices_has_no_build_in_which_it_is_taken_back(
    recorded: RecordingResult, rows: pl.DataFrame
) -> None:
    assert recorded.fates["survived"] + recorded.fates["killed"] == recorded.used == 5
    assert sum(build.endswith("-undo") for build in builds(rows)) == recorded.fates["killed"] >= 2


def test_a_change_names_function_and_file_and_turns_tests_of_that_function(rows: pl.DataFrame) -> None:
    first = of_build(rows, builds(rows)[0])
    for build in (build for build in builds(rows) if build.endswith("-change")):
        row = rows.filter(pl.col("Build_ID") == build).row(0, named=True)
        (told,) = parse_items(row["commit"])
        assert row["CR_Component_Name"] == "['src/calc/stats.py']"
        function = told.split(":")[0].removeprefix("calc.stats.")
        turned = {test for test, verdict in of_build(rows, build).items() if verdict != first[test]}
        assert all(function in test.lower() for test in turned)


def test_a_test_is_told_by_its_names_and_its_docstring(rows: pl.DataFrame) -> None:
    said = {row["TC_Key"]: (row["TE_Summary"], row["TC_Steps"]) for row in rows.to_dicts()}
    assert said["tests.test_stats.TestMean.test_of_values"] == (
        "stats Mean: of values",
        "The mean of some values is their sum by their number.",
    )
    assert said["tests.test_stats.test_largest[values0]"][0] == "stats: largest [values0]"


def test_the_builds_follow_each_other_in_time(rows: pl.DataFrame) -> None:
    starts = [parse_moment(text) for text in rows["Build_Test_Start_Date"].unique(maintain_order=True)]
    assert None not in starts
    assert len(starts) == len(builds(rows))
    assert starts == sorted(starts)  # type: ignore[type-var]


def test_code_that_no_test_calls_is_changed_last(rows: pl.DataFrame) -> None:
    assert not rows["commit"].str.contains("never_tested").any()


def test_the_counts_are_those_of_the_file(recorded: RecordingResult, rows: pl.DataFrame) -> None:
    assert (recorded.builds, recorded.tests, recorded.runs) == (len(builds(rows)), 6, rows.height)
    assert recorded.flaky == ()


def test_nothing_is_left_of_the_copies_and_the_project_is_as_it_was(recorded: RecordingResult) -> None:
    root = recorded.path.parents[4]
    assert list((root / "home" / ".state" / "recordings").glob(".work-*")) == []
    left = {path.relative_to(root / "calc").as_posix() for path in (root / "calc").rglob("*") if path.is_file()}
    assert left == set(SMALL)


def test_an_interrupted_recording_goes_on_after_its_last_run(
    project: Project, record: Record, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"calc.py": "def one(a=1, b=2):\n    return a\n", "test_calc.py": TINY["test_calc.py"]}
    repo, runs, run = project(files), [], Runner.run
    monkeypatch.setattr(Runner, "run", lambda self, *args, **more: runs.append(1) or run(self, *args, **more))

    def interrupt(step: str, done: int, total: int | None = None) -> None:
        if step == "changes tried" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(repo, changes=9, progress=interrupt)
    (folder,) = [path for path in home.recordings.iterdir() if path.is_dir()]
    noted = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    assert not list(home.root.rglob("*.csv*"))
    before = len(runs)
    result = record(repo, changes=9)
    assert len(runs) == len(list(folder.glob("0*.json")))
    assert before < len(runs)
    assert {name: (folder / name).read_bytes() for name in noted} == noted
    assert "the source allows 3 changes, 9 were asked for" in result.notes
    assert record(repo, changes=9).path.read_bytes() == result.path.read_bytes()


@pytest.fixture
def _ctrl_c_ignored() -> Iterator[None]:
    """As where a shell has started us in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets nothing but the change be tried that makes a line read so."""

    def choose(now: str) -> None:
        def order(mutations: Iterable[Mutation], called: Called, seed: int) -> list[Mutation]:
            return [each for each in order_changes(mutations, called, seed) if each.now == now]

        monkeypatch.setattr(recording_record, "order_changes", order)

    return choose


@pytest.mark.usefixtures("_ctrl_c_ignored")
def test_a_change_that_never_ends_leaves_the_tests_after_it_blocked(
    project: Project, record: Record, only: Any
) -> None:
    repo = project(
        {
            "calc.py": "def until(n):\n    i = 0\n    while i < n: i += 1\n    return i\n",
            "test_calc.py": (
                "from calc import until\n"
                "def test_a(): pass\ndef test_until(): assert until(3) == 3\ndef test_z(): pass\n"
            ),
        }
    )
    only("while i < n: i -= 1")
    result = record(repo, timeout=3)
    rows = pl.read_csv(result.path, infer_schema=False)
    assert of_build(rows, builds(rows)[1]) == {
        "test_calc.test_a": "Pass",
        "test_calc.test_until": "Error",
        "test_calc.test_z": "Blocked",
    }
    assert (result.fates["timed_out"], result.used) == (1, 1)


def test_a_change_that_breaks_an_import_makes_the_tests_behind_it_errors(
    project: Project, record: Record, only: Any
) -> None:
    repo = project(
        {
            "calc.py": "SIZE = {'a': 1}\nSIZE['b'] = 2\nONE = SIZE['b']\n",
            "test_calc.py": "from calc import ONE\n\ndef test_one():\n    assert ONE == 2\n",
            "test_else.py": "def test_else():\n    pass\n",
        }
    )
    only("pass")
    rows = pl.read_csv(record(repo).path, infer_schema=False)
    assert of_build(rows, builds(rows)[1]) == {"test_calc.test_one": "Error", "test_else.test_else": "Pass"}


def test_flaky_tests_are_named_and_no_change_is_blamed_for_them(project: Project, record: Record) -> None:
    flaky = (
        "import pathlib, sys\nfrom calc import one\n"
        "SEEN = pathlib.Path(__file__).parents[2] / 'seen'\n"
        "def test_one(): assert one() == 1\n"
        "def test_odd():\n    n = len(SEEN.read_text()) if SEEN.exists() else 0\n"
        "    SEEN.write_text('x' * (n + 1))\n    assert n % 2 == 0\n"
    )
    unseen = "def one():\n    return 1\n\ndef other(a):\n    return a\n"
    result = record(project({"calc.py": unseen, "test_calc.py": flaky}), changes=2)
    assert result.flaky == ("test_calc.test_odd",)
    assert (result.fates["killed"], result.fates["survived"]) == (1, 1)
    assert any("flaky tests" in note for note in result.notes)


def test_files_that_cannot_be_read_are_left_as_they_are_and_counted(recorded: RecordingResult) -> None:
    assert recorded.unreadable == ("src/calc/binary.py", "src/calc/broken.py")
    assert any("2 (src/calc/binary.py, src/calc/broken.py)" in note for note in recorded.notes)


def test_what_an_installed_copy_would_hide_is_refused(project: Project, record: Record) -> None:
    files: dict[str, str | bytes] = {"time.py": "def now():\n    return 1\n", "test_a.py": "def test_a(): pass\n"}
    with pytest.raises(InputError, match=r"time: is imported from built-in and not from the copy"):
        record(project(files))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"calc.py": "x = 1\n"}, "pytest collects no tests there"),
        ({**TINY, "test_calc.py": "import absent_module\n"}, "cannot be collected .*absent_module"),
        ({**TINY, "test_calc.py": "def test_a():\n    assert 0\n"}, "1 of its 1 tests fail and none passes"),
        ({**TINY, "conftest.py": "import absent_module\n"}, "ends with exit code 4 and no report .*absent_module"),
        ({**TINY, "calc.py": "x = None\n", "test_calc.py": "def test_a(): pass\n"}, "its source allows no change"),
        ({**TINY, "test_calc.py": "import time\ndef test_a():\n    time.sleep(60)\n"}, "did not end within"),
    ],
)
def test_a_project_that_cannot_be_recorded_says_why(
    project: Project, record: Record, files: dict[str, str | bytes], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        record(project(files), timeout=1 if "end within" in why else None)


def test_a_domain_that_would_read_other_durations_is_refused(project: Project, home: Home, tmp_path: Path) -> None:
    source = SourceSettings(duration_unit="ms")
    with pytest.raises(InputError, match=r"source\.duration_unit: is ms, and a recorded history .* set it to s"):
        record_history(project(TINY), RecordingSettings(changes=1), source, home, landing=tmp_path)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"python": Path("no-such-python")}, "--python no-such-python: no such program"),
        ({"tests": Path("absent")}, "--tests absent: is not in"),
    ],
)
def test_what_is_asked_for_and_not_there_is_refused(
    project: Project, record: Record, asked: dict[str, Any], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        record(project(TINY), **asked)


def test_a_project_in_the_state_root_is_refused(record: Record, home: Home) -> None:
    (home.root / "inside").mkdir()
    with pytest.raises(InputError, match="lies in the state root"):
        record(home.root / "inside")
    with pytest.raises(InputError, match="or holds it"):
        record(home.root.parent)


def test_a_journal_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "baseline.json").write_text(json.dumps({"format": 0}))
    with pytest.raises(DomainFtError, match=r"baseline\.json: is no note of a recording; remove .* and record anew"):
        Journal(tmp_path).baseline()


def test_a_note_of_another_change_is_not_taken_for_this_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note_build(Build("00001-change", "survived", key="mod.py:0:1:2"))
    assert journal.build("00001-change", "mod.py:0:1:2") is not None
    with pytest.raises(DomainFtError, match=r"00001-change\.json: is a note of another change"):
        journal.build("00001-change", "mod.py:0:1:3")
