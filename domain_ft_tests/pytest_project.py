"""A small project with tests in a git repository, whose pytest runs with the plugin and a ranking of the test's own.

Real processes throughout: only `domain_ft.pytest_plugin.daily` is replaced, by a file that Python reads at its start.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.history.tables import History, read_history
from domain_ft.landing.files import landing_files
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import SourceSettings
from domain_ft.store.home import Home
from domain_ft_tests.landing_world import Repository

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ("-p", "domain_ft.pytest_plugin.plugin")
"""The plugin by its module: plugins by entry point are left out, for they take most of the time of so small a run."""
_FAKE = """
import json, os, sys, time, types, warnings
from pathlib import Path

def rank_for_plugin(domain_name, change_text, paths, tests):
    said = json.loads(Path(os.environ["RANKING"], "ranking.json").read_text())
    with Path(os.environ["RANKING"], "asked.jsonl").open("a") as asked:
        request = {"domain": domain_name, "change": change_text, "paths": list(paths), "tests": list(tests)}
        asked.write(json.dumps(request) + "\\n")
    print("a library that prints")
    warnings.warn("a library that warns", DeprecationWarning)
    time.sleep(said.get("sleep", 0))
    if "raise" in said:
        raise RuntimeError(said["raise"])
    if "die" in said:
        print("a library that dies", file=sys.stderr, flush=True)
        os._exit(9)
    scores = said.get("scores", {})
    one = lambda test: types.SimpleNamespace(
        test=test, score=scores.get(test, 0.0), expected_s=said.get("expected", {}).get(test, said.get("each")),
        reason="because", must_run=test in said.get("must", ()))
    known = [*tests, *said.get("gone", ())]
    ranked = sorted((test for test in known if test not in said.get("unknown", ())), key=lambda t: -scores.get(t, 0.0))
    return types.SimpleNamespace(
        results=tuple(map(one, ranked)), fallback=said.get("fallback"), order=said.get("order", "hybrid"),
        why=said.get("why", "best on validation"), notes=tuple(said.get("notes", ())))

if "RANKING" in os.environ:
    sys.modules["domain_ft.pytest_plugin.daily"] = types.ModuleType("domain_ft.pytest_plugin.daily")
    sys.modules["domain_ft.pytest_plugin.daily"].rank_for_plugin = rank_for_plugin
"""


@dataclass(frozen=True)
class Ran:
    """What a run of pytest came to."""

    code: int
    out: str

    @property
    def order(self) -> list[str]:
        """The tests as they ended (`-v`), of one process or of several."""
        alone = re.findall(r"^(\S+::.*?) (?:PASSED|FAILED|SKIPPED|ERROR)\b", self.out, re.M)
        return alone or re.findall(
            r"^\[gw\d+\] \[ *\d+%\] (?:PASSED|FAILED|SKIPPED|ERROR) (\S+::.*?) *$", self.out, re.M
        )

    @property
    def said(self) -> list[str]:
        """The plugin's own lines."""
        return [line.removeprefix("domain-ft: ") for line in self.out.splitlines() if line.startswith("domain-ft: ")]


@dataclass(frozen=True)
class Project:
    """The project's folder, the state root beside it, and the folder of the ranking."""

    path: Path
    home: Path
    ranking: Path

    @classmethod
    def make(cls, path: Path, home: Path, ranking: Path) -> "Project":
        """An empty project under git, and a ranking that likes all tests equally."""
        path.mkdir()
        ranking.mkdir()
        (ranking / "sitecustomize.py").write_text(_FAKE)
        project = cls(path, home, ranking)
        project.repository.git("init", "-q")
        project.write(**{"pytest.ini": "[pytest]\n", ".gitignore": "__pycache__/\n.pytest_cache/\n"})
        project.rank()
        return project

    @property
    def repository(self) -> Repository:
        return Repository(self.path)

    @property
    def landing(self) -> Path:
        return self.home / "data" / "test_history" / "landing"

    def write(self, **files: str) -> None:
        """Write files by name."""
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def commit(self, message: str, **files: str) -> str:
        """Write files and commit everything."""
        self.write(**files)
        return self.repository.commit(message)

    def rank(self, **said: Any) -> None:
        """What the ranking says: scores by test, expected durations, `sleep`, `raise`, ..."""
        (self.ranking / "ranking.json").write_text(json.dumps(said))

    def asked(self) -> list[dict[str, Any]]:
        """What the ranking was asked."""
        file = self.ranking / "asked.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def command(
        self, *arguments: str, domain: str | None = "test_history", plugin: Sequence[str] = PLUGIN
    ) -> list[str]:
        """How pytest is started."""
        asked = () if domain is None else ("--domain-ft", domain)
        return [sys.executable, "-m", "pytest", *plugin, "-v", *asked, *arguments]

    def environment(self) -> dict[str, str]:
        """The environment in which pytest runs."""
        path = os.pathsep.join([str(self.ranking), str(ROOT), os.environ.get("PYTHONPATH", "")])
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        own = {"PYTHONPATH": path, "RANKING": str(self.ranking), "DOMAIN_FT_HOME": str(self.home)}
        return {**kept, **own, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    def run(
        self,
        *arguments: str,
        domain: str | None = "test_history",
        report: bool = False,
        plugin: Sequence[str] = PLUGIN,
        ranked_by_history: bool = False,
        **variables: str,
    ) -> Ran:
        """Run pytest in the project; by default without writing results back, and by the ranking of the test's own."""
        environment = {**self.environment(), **variables}
        if ranked_by_history:
            del environment["RANKING"]
        quiet = () if report or domain is None else ("--domain-ft-no-report",)
        done = subprocess.run(
            self.command(*arguments, *quiet, domain=domain, plugin=plugin),
            cwd=self.path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Ran(done.returncode, done.stdout + done.stderr)

    def interrupted(self, *arguments: str, when: str) -> Ran:
        """Run pytest with reports and press Ctrl-C as soon as a file of that name stands in the project."""
        process = subprocess.Popen(
            ["env", "--default-signal=INT", *self.command(*arguments)],  # a suite in the background ignores it
            cwd=self.path,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        until = time.monotonic() + 60
        while not (self.path / when).exists() and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        return Ran(process.returncode, out)


def ingested(project: Project) -> History:
    """The history that what landed makes."""
    home = Home(project.home)
    raw = home.raw("test_history")
    ingest_files(
        landing_files(project.landing, settle_s=0),
        domain="test_history",
        source=SourceSettings(),
        raw=raw,
        quarantine=home.quarantine("test_history"),
    )
    return read_history(raw / "current")


def ingested_by_command(project: Project) -> History:
    """The history, after `domain-ft ingest` has taken what landed."""
    done = subprocess.run(
        [sys.executable, "-m", "domain_ft", "ingest", "test_history", *sorted(map(str, project.landing.iterdir()))],
        env=project.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read_history(project.home / "data" / "test_history" / "raw" / "current")
