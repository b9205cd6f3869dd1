"""Trying changes one after the other, and noting each run; what is noted already is not run again.

A build is the project with one change; where tests noticed it, a build follows in which it is taken back, so that the
history shows breaks and fixes alike. A change that nothing noticed is dropped without a build of its own, for nothing
would turn in it.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain_ft.progress import Progress
from domain_ft.recording.baseline import observe_baseline
from domain_ft.recording.copies import fresh_copy
from domain_ft.recording.journal import AGAIN, FIRST, Baseline, Build, Fate, Journal
from domain_ft.recording.mutations import Mutation
from domain_ft.recording.project import Project
from domain_ft.recording.pytest_run import PytestRun, Runner
from domain_ft.recording.source_text import UnreadableSourceError
from domain_ft.recording.verdicts import settle, turned
from domain_ft.recording.wording import told_change, told_undo

_STEP = "changes tried"
_TICK = timedelta(milliseconds=1)


@dataclass
class Attempts:
    """The runs of one recording so far, and what it takes to make more of them."""

    project: Project
    runner: Runner
    journal: Journal
    builds: list[Build] = field(default_factory=list)

    def observe_baseline(self, timeout_s: float | None) -> Baseline:
        """The unchanged project, run twice; raises InputError where its tests say nothing."""
        noted = self.journal.baseline()
        first, again = self.journal.build(FIRST), self.journal.build(AGAIN)
        if noted is not None and first is not None and again is not None:
            self.builds += [first, again]
            return noted
        baseline, *runs = observe_baseline(self.project.name, self._run_unchanged, timeout_s)
        text = f"First build of {self.project.name}: nothing is changed."
        for name, run in zip((FIRST, AGAIN), runs, strict=True):
            self._note(self._build(name, "baseline", run, baseline, text))
        self.journal.note_baseline(baseline)
        return baseline

    def try_changes(self, changes: Sequence[Mutation], wanted: int, baseline: Baseline, progress: Progress) -> None:
        """Try changes until so many programs have run; those that are no program do not count."""
        tried = 0
        wanted = min(wanted, len(changes))
        progress(_STEP, 0, wanted)
        for number, mutation in enumerate(changes, 1):
            if tried == wanted:
                break
            build = self._tried(f"{number:05d}-change", mutation, baseline)
            tried += build.fate != "not_compiled"
            if self._has_turned(build):
                self._undone(f"{number:05d}-undo", mutation, baseline)
            progress(_STEP, tried, wanted)

    def _tried(self, name: str, mutation: Mutation, baseline: Baseline) -> Build:
        key = f"{mutation.path}:{mutation.start}:{mutation.end}:{mutation.replacement}"
        noted = self.journal.build(name, key)
        if noted is not None:
            self.builds.append(noted)
            return noted
        text = told_change(mutation)
        content = self._changed(mutation)
        if content is None:
            return self._note(Build(name, "not_compiled", text, mutation.path, key=key))
        fresh_copy(self.project.snapshot, self.runner.project)
        (self.runner.project / mutation.path).write_bytes(content)
        run = self.runner.run(baseline.limit_s, baseline.limit_bytes)
        build = self._build(name, "survived", run, baseline, text, mutation.path, key)
        return self._note(replace(build, fate=self._fate(build, run, len(baseline.tests))))

    def _fate(self, build: Build, run: PytestRun, tests: int) -> Fate:
        if run.stopped and len(run.cases) < tests:
            return "timed_out"
        return "killed" if self._has_turned(build) else "survived"

    def _undone(self, name: str, mutation: Mutation, baseline: Baseline) -> None:
        noted = self.journal.build(name)
        if noted is not None:
            self.builds.append(noted)
            return
        run = self._run_unchanged(baseline.limit_s, False)
        self._note(self._build(name, "undone", run, baseline, told_undo(mutation), mutation.path))

    def _has_turned(self, build: Build) -> bool:
        """Whether a change turned a test that is no flaky one as far as the two first runs tell."""
        first, again = self.builds[0], self.builds[1]
        flaky = turned(first.verdicts, again.verdicts)
        return bool(build.verdicts) and not set(flaky).issuperset(turned(first.verdicts, build.verdicts))

    def _changed(self, mutation: Mutation) -> bytes | None:
        """The changed file, or None where it is no program."""
        try:
            content = mutation.applied((self.project.snapshot / mutation.path).read_bytes())
            with warnings.catch_warnings(action="ignore"):
                compile(content, mutation.path, "exec", dont_inherit=True)
        except (UnreadableSourceError, SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return content

    def _run_unchanged(self, limit_s: float, note_calls: bool) -> PytestRun:
        fresh_copy(self.project.snapshot, self.runner.project)
        return self.runner.run(limit_s, note_calls=note_calls)

    def _build(
        self, name: str, fate: Fate, run: PytestRun, baseline: Baseline, text: str, path: str = "", key: str = ""
    ) -> Build:
        """What a run came to; it began after the one before it, whatever the clock says."""
        started = max([run.started, *(build.started + _TICK for build in self.builds if build.started)])
        took = (run.cases.get(f"{group}.{test}") for group, test in baseline.tests)
        seconds = tuple(case.seconds if case else None for case in took)
        verdicts = settle(run, baseline.tests, baseline.limit_s)
        return Build(name, fate, text, path, started, verdicts, seconds, key)

    def _note(self, build: Build) -> Build:
        self.journal.note_build(build)
        self.builds.append(build)
        return build
