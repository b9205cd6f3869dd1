"""What one run of pytest was asked for, what it found out about its change, and what it has to say in the end."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.prioritization.budget import Budget
from domain_ft.pytest_plugin.change import Change, find_change
from domain_ft.pytest_plugin.child import ask
from domain_ft.pytest_plugin.ranking import Answer
from domain_ft.pytest_plugin.shared import settle_once
from domain_ft.safe_text import one_line

KEPT = "the original order was kept"
_LANDING_S = 300.0
_LATER_S = 15.0
"""Seconds that workers wait beyond the ranking's own limit: processes start and stop meanwhile."""


@dataclass(frozen=True)
class Asked:
    """The options of a run."""

    domain: str
    change_text: str | None
    commit: str | None
    build: str | None
    budget: Budget | None
    inside: bool
    report: bool
    timeout_s: float

    @classmethod
    def of(cls, config: pytest.Config, domain: str) -> "Asked":
        """The options as pytest has read them."""
        names = ("change_text", "commit", "build", "budget", "inside", "timeout")
        options = {name: config.getoption(f"domain_ft_{name}") for name in names}
        report = not config.getoption("domain_ft_no_report") and not config.getoption("collectonly")
        return cls(domain=domain, report=report, timeout_s=options.pop("timeout"), **options)


@dataclass
class Said:
    """What the terminal's summary shows of us: lines, and warnings."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def tell(self, line: str) -> None:
        """Show a line."""
        self.lines.append(one_line(line))

    def warn(self, line: str) -> None:
        """Show a warning: ours, not one of Python's, which `-W error` would make a failure."""
        self.warnings.append(one_line(line))


class Run:
    """One run, in the process that runs the tests: the only one, a worker, or the controller of workers."""

    def __init__(self, config: pytest.Config, asked: Asked) -> None:
        self.config, self.asked, self.said = config, asked, Said()
        self._environment = dict(os.environ)  # before tests change it, and the folder
        self._folder = config.invocation_params.dir
        self._input: Mapping[str, Any] = getattr(config, "workerinput", {})
        self._given: Mapping[str, Any] = self._input.get("domain_ft", {})
        self._began: float = self._given.get("began", time.time())

    @property
    def is_worker(self) -> bool:
        """Whether a controller has given us our work."""
        return bool(self._input)

    @property
    def workers(self) -> int:
        """Processes that run tests."""
        return int(self._input.get("workercount", 1))

    @cached_property
    def change(self) -> Change:
        """The change; InputError where the one that was named cannot be found."""
        if self.is_worker:
            return Change(self._given["text"], tuple(self._given["paths"]), self._given["commit"])
        return find_change(self.config.rootpath, self.asked.change_text, self.asked.commit)

    def for_workers(self, shared: Path) -> dict[str, Any]:
        """What each worker is given."""
        change = self.change
        told = {"text": change.text, "paths": list(change.paths), "commit": change.commit}
        return {**told, "began": self._began, "shared": str(shared)}

    def rank(self, tests: list[str]) -> tuple[Answer, float]:
        """The ranking of tests, one for all workers, and how long the run had been going on by then, in seconds."""
        if self.is_worker:
            wait_s = self.asked.timeout_s + _LATER_S
            late = Answer(trouble=f"the worker that ranks gave no answer within {wait_s:g} s")
            settled = settle_once(
                Path(self._given["shared"]), lambda: self._ranked(tests), lambda: self._timed(late), wait_s=wait_s
            )
        else:
            settled = self._ranked(tests)
        return Answer.from_json(settled["answer"]), settled["spent_s"]

    def _ranked(self, tests: list[str]) -> dict[str, Any]:
        try:
            change = self.change
            request = {
                "domain": self.asked.domain,
                "change_text": change.text,
                "paths": list(change.paths),
                "tests": tests,
            }
            answer = Answer.from_json(self._ask("domain_ft.pytest_plugin.ranking", request, self.asked.timeout_s))
        except DomainFtError as error:
            answer = Answer(trouble=str(error))
        return self._timed(answer)

    def _timed(self, answer: Answer) -> dict[str, Any]:
        return {"answer": answer.as_json(), "spent_s": time.time() - self._began}

    def land(self, results: dict[str, Any]) -> Path:
        """Write results into the domain's landing folder; DomainFtError where that cannot be done."""
        return Path(self._ask("domain_ft.pytest_plugin.landing_report", results, _LANDING_S)["path"])

    def _ask(self, module: str, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        return ask(module, request, timeout_s=timeout_s, folder=self._folder, environment=self._environment)

    def say_to_controller(self) -> None:
        """Leave what a worker has to say where the controller finds it; all workers say the same."""
        if self.is_worker:
            said = Path(self._given["shared"]) / f"said-{self._input['workerid']}.json"
            said.write_text(json.dumps(asdict(self.said)))

    def hear_workers(self, shared: Path) -> None:
        """Take what the first worker has left for us to say."""
        for said in sorted(shared.glob("said-*.json"))[:1]:
            heard = json.loads(said.read_text())
            self.said.lines[:0], self.said.warnings[:0] = heard["lines"], heard["warnings"]
