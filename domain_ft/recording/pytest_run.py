"""A project's pytest, run once: every test's verdict and time, read from its JUnit report by the reader of landing.

Tests are called as that reader calls them (`classname.name`), so that reports which a team lands later go on where
the recording ends.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.landing.junit_report import ReportError, read_report
from domain_ft.landing.settings import RunVerdict
from domain_ft.recording import in_pytest
from domain_ft.recording.process import Stopped, run_limited
from domain_ft.safe_text import brief, one_line

COLLECTION = "domain-ft-collection"
"""The report's name for what belongs to no test: a file that could not be collected."""
NOTHING_COLLECTED, USAGE = 5, 4
"""Exit codes of pytest."""
_PLUGIN = "domain_ft_in_pytest"
_WORST = {"skipped": 0, "pass": 1, "error": 2, "fail": 3}
_ASK_S = 60
_NOT_PASSED_ON = re.compile(
    r"PYTEST_(?:ADDOPTS|CURRENT_TEST|VERSION|XDIST_.*)|PYTHON(?:HOME|STARTUP|WARNINGS|HASHSEED|DONTWRITEBYTECODE|PYCACHEPREFIX)|COV_CORE_.*|COVERAGE_.*|GIT_.*|"
    r"DOMAIN_FT_.*|DAGSTER_.*|MLFLOW_.*|.*(?:TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_KEY|PRIVATE_KEY|ACCESS_KEY).*",
    re.IGNORECASE,
)
"""What would change how tests run, and credentials: changed code must not hold any."""
_CONFIGURED = {
    "pytest.toml": "", ".pytest.toml": "", "pytest.ini": "", ".pytest.ini": "", "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]", "setup.cfg": "[tool:pytest]",
}  # fmt: skip
"""Files that configure pytest, and what stands in those that configure others, too."""


_TAIL, _TOLD = 65_536, 300
"""Bytes of the output that are looked at, and characters of it that are told."""
_ERRORS = ("E  ", "ERROR ", "ERROR:", "FAILED ")
"""How lines begin that tell what is wrong, the most telling ones first."""


@dataclass(frozen=True)
class CaseRun:
    """A test in one run: its names as JUnit has them, its verdict, the seconds that it took."""

    group: str
    name: str
    verdict: RunVerdict
    seconds: float

    @property
    def test(self) -> str:
        """The identifier of the test in a history."""
        return f"{self.group}.{self.name}"


@dataclass(frozen=True)
class PytestRun:
    """What a run came to; `reported` says whether it could write its report.

    cases: by test, in the order of the report. uncollected: dotted names of files and folders whose collection failed.
    called: path and first line of what ran, where it was asked for. says: what the output says is wrong.
    """

    started: datetime
    seconds: float
    peak_bytes: int
    exit_code: int
    stopped: Stopped | None
    reported: bool
    cases: Mapping[str, CaseRun]
    uncollected: frozenset[str]
    called: tuple[tuple[str, int], ...]
    says: str


@dataclass(frozen=True)
class Runner:
    """Runs the tests of a project that stands in `project`; what it needs itself lies in `beside`."""

    python: Path
    project: Path
    beside: Path
    roots: Sequence[str]
    tests: str | None = None

    @property
    def _temporary(self) -> Path:
        """What the tests take for the system's folder of temporary files."""
        return self.beside / "tmp"

    def prepare(self) -> str:
        """Make ready to run, and say which Python and pytest it is; InputError where there is none."""
        self._temporary.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(in_pytest.__file__, self.beside / f"{_PLUGIN}.py")
        (self.beside / "pytest.ini").write_text("[pytest]\n")
        ask = "import sys, pytest; print(sys.version.split()[0], pytest.__version__)"
        told = self._ask(ask)
        if not re.fullmatch(r"\S+ [0-9]\S*", told):
            raise InputError(
                f"{self.python}: has no pytest ({brief(told, 200) or 'it says nothing'}); name the interpreter of the "
                "project's environment by --python"
            )
        return told

    def check_imports(self, packages: Sequence[str]) -> None:
        """Raise InputError where a package is imported from elsewhere, for then no change of the copy would show."""
        ask = (
            "import importlib.util, json, sys\n"
            "found = [(name, importlib.util.find_spec(name)) for name in json.loads(sys.argv[1])]\n"
            "print(json.dumps({name: (spec.origin or '') if spec else '' for name, spec in found}))"
        )
        told = self._ask(ask, json.dumps(list(packages)))
        try:
            origins = json.loads(told)
        except ValueError:
            raise InputError(f"{self.python}: cannot look for {', '.join(packages)} ({brief(told, 200)})") from None
        project = str(self.project.resolve())
        for name, origin in origins.items():
            if not os.path.realpath(origin).startswith(f"{project}{os.sep}"):
                raise InputError(
                    f"{name}: is imported from {origin or 'nowhere'} and not from the copy of the project, so no "
                    "change would be seen; name the folder of the code by --source"
                )

    def run(self, seconds: float, memory_bytes: int | None = None, note_calls: bool = False) -> PytestRun:
        """Run all tests once, within limits."""
        report, log, calls = (self.beside / name for name in ("report.xml", "output.txt", "calls.json"))
        for path in (report, calls):
            path.unlink(missing_ok=True)
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir()
        environment = self._environment()
        if note_calls:
            environment["DOMAIN_FT_CALLED_FUNCTIONS"] = str(calls)
        started = datetime.now(UTC)
        ended = run_limited(
            self._command(report),
            folder=self.project,
            environment=environment,
            log=log,
            seconds=seconds,
            memory_bytes=memory_bytes,
        )
        cases, uncollected, reported = _read(report)
        return PytestRun(
            started=started,
            seconds=ended.seconds,
            peak_bytes=ended.peak_bytes,
            exit_code=ended.exit_code,
            stopped=ended.stopped,
            reported=reported,
            cases=cases,
            uncollected=uncollected,
            called=self._called(calls) if note_calls else (),
            says=_told(log, self.project),
        )

    def _command(self, report: Path) -> list[str]:
        # A project without a configuration of its own must not find one further up, such as ours.
        own = any(_configures(self.project / name, mark) for name, mark in _CONFIGURED.items())
        inner = self.project / self.tests if self.tests else self.project
        own = own or any(_configures(inner / name, mark) for name, mark in _CONFIGURED.items())
        return [
            str(self.python), "-m", "pytest", *([self.tests] if self.tests else []), "-q", "-p", _PLUGIN,
            "-p", "no:cacheprovider", "-p", "no:randomly", *([] if own else ["-c", str(self.beside / "pytest.ini")]),
            f"--rootdir={self.project}", f"--junitxml={report}", "-o", "junit_family=xunit2",
            "-o", f"junit_suite_name={COLLECTION}", "-o", "junit_logging=no", "-o", "junit_duration_report=total",
            "--continue-on-collection-errors", "--maxfail=0", "--tb=line", "--color=no",
        ]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _NOT_PASSED_ON.fullmatch(name)}
        paths = [str(self.beside), *(str(self.project / root) for root in self.roots), kept.get("PYTHONPATH", "")]
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",  # a stale .pyc would hide a change that keeps the file's length
            "PYTHONHASHSEED": "0",
            "TMPDIR": str(self._temporary),
            "GIT_CEILING_DIRECTORIES": str(self.project.parent),
        }

    def _ask(self, code: str, *arguments: str) -> str:
        """What the interpreter prints; of a failure the last line."""
        try:
            done = subprocess.run(
                [str(self.python), "-c", code, *arguments],
                cwd=self.project, env=self._environment(), capture_output=True, timeout=_ASK_S, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{self.python}: cannot be run ({error}); name a Python by --python") from None
        lines = (done.stdout if not done.returncode else done.stderr).decode(errors="replace").strip().splitlines()
        return one_line(lines[-1]) if lines else ""

    def _called(self, note: Path) -> tuple[tuple[str, int], ...]:
        try:
            noted = json.loads(note.read_bytes())
        except (OSError, ValueError):
            return ()
        project = f"{self.project}{os.sep}"
        inside = {(os.path.realpath(file), line) for file, line in noted}
        return tuple(sorted((file.removeprefix(project), line) for file, line in inside if file.startswith(project)))


def _configures(path: Path, mark: str) -> bool:
    try:
        return mark in path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _read(report: Path) -> tuple[dict[str, CaseRun], frozenset[str], bool]:
    """The tests of a report, of several entries of one test the worst; the files that could not be collected."""
    if not report.is_file():
        return {}, frozenset(), False
    try:
        entries = read_report(report, ())
    except ReportError:  # killed while it wrote
        return {}, frozenset(), False
    cases: dict[str, CaseRun] = {}
    uncollected = set()
    for entry in entries:
        name = entry.name or ""
        if entry.group == COLLECTION:
            uncollected.update([name] if entry.verdict == "error" else [])
            continue
        case = CaseRun(entry.group or "", name, entry.verdict, float(entry.seconds or 0))
        known = cases.get(case.test)
        if known is None or _WORST[case.verdict] > _WORST[known.verdict]:
            cases[case.test] = case
    return cases, frozenset(uncollected), True


def _told(log: Path, project: Path) -> str:
    """What the output says is wrong: its first error, else its last line; files as they are called in the project."""
    lines = log.read_bytes()[-_TAIL:].decode(errors="replace").strip().splitlines()
    errors = [line for mark in _ERRORS for line in lines if line.startswith(mark)]
    told = (errors or lines[-1:] or [""])[0].removeprefix("E ").strip()
    return one_line(brief(told.replace(f"{project}{os.sep}", ""), _TOLD))
