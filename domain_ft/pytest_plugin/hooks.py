"""The hooks of a run that is asked for an order: order, cut to the budget, tell workers, gather, write, say.

Whatever goes wrong here is said in a line of the summary; pytest runs on as if it had not been asked, and its exit
status is that of the tests.
"""

import shutil
import tempfile
import uuid
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain_ft.amounts import counted, time_taken
from domain_ft.prioritization.budget import Budget, Chosen, Wanted, choose
from domain_ft.pytest_plugin.names import history_test_id
from domain_ft.pytest_plugin.order import arrange, place
from domain_ft.pytest_plugin.outcomes import TOLD, Outcomes, told
from domain_ft.pytest_plugin.ranking import Answer
from domain_ft.pytest_plugin.run import KEPT, Asked, Run

_CHUNK = 4
"""Tests that pytest-xdist hands to a worker at once: by its own rule the second worker would begin far down the order,
and with one at a time fixtures of modules would be made on every worker."""
_SHOWN = 5
_NOTES = 2
"""What the ranking has to say, where nobody asked for words."""
_NODE_ID = pytest.StashKey[str]()


def start(config: pytest.Config, domain: str) -> None:
    """Register the hooks that this process needs: all but those for workers, or only those of a worker."""
    run = Run(config, Asked.of(config, domain))
    register = config.pluginmanager.register
    if not run.is_worker:
        register(Reporting(run), "domain_ft_reporting")
        register(Workers(run), "domain_ft_workers")
    elif "domain_ft" not in config.workerinput:  # type: ignore[attr-defined]
        return
    ordering = Ordering(run)
    register(ordering, "domain_ft_ordering")
    register(Cutting(run, ordering), "domain_ft_cutting")


class Ordering:
    """Orders what was collected and selected, and lets each report know its test."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.answer = Answer()
        self.spent_s = 0.0

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Keep the node id as it was collected: pytest-xdist adds the group of a test to it later on."""
        item.stash[_NODE_ID] = item.nodeid

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Order the tests that are left by now."""
        try:
            self._order(items)
        except Exception as error:
            self._run.said.warn(f"{type(error).__name__}: {error}; {KEPT}")

    def _order(self, items: list[pytest.Item]) -> None:
        run = self._run
        if len(items) < 2:
            return
        if run.config.getoption("stepwise", False):
            run.said.warn(f"--stepwise goes on where it stopped in the original order; {KEPT}")
            return
        node_ids = [item.stash.get(_NODE_ID, item.nodeid) for item in items]
        tests = [history_test_id(node_id) for node_id in node_ids]
        answer, self.spent_s = run.rank(list(dict.fromkeys(tests)))
        if answer.trouble:
            run.said.warn(f"{answer.trouble.rstrip('.')}; {KEPT}")
            return
        ranks = {one.test: rank for rank, one in enumerate(answer.results)}
        places = [place(node_id) for node_id in node_ids]
        order = arrange(places, [ranks.get(test, len(ranks)) for test in tests], inside=run.asked.inside)
        items[:] = [items[number] for number in order]
        self.answer = answer
        self._tell(len(items), len({where[0] for where in places}), set(tests))

    def _tell(self, tests: int, modules: int, collected: set[str]) -> None:
        run, change, answer = self._run, self._run.change, self.answer
        which = f"commit {change.commit[:12]}" if change.commit else "the change"
        title = (change.text.splitlines() or ["not known"])[0]
        many = f"{counted(tests, 'tests')} in {counted(modules, 'modules')}"
        run.said.tell(f"{many} ordered by {run.asked.domain} ({answer.order}) for {which}: {title}")
        wordy = run.config.get_verbosity() > 0
        if wordy:
            first = [one for one in answer.results if one.test in collected][:_SHOWN]
            for rank, one in enumerate(first, 1):
                run.said.tell(f"  {rank}. {one.test}: {one.reason} (score {one.score:.3g})")
            if answer.why not in answer.notes:
                run.said.tell(f"  {answer.order}: {answer.why}")
        shown = answer.notes if wordy else answer.notes[:_NOTES]
        for note in shown:
            run.said.tell(f"  {note}")
        if len(shown) < len(answer.notes):
            run.said.tell(f"  {counted(len(answer.notes) - len(shown), 'more notes')} with -v")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
        """Let the first report of a test know the test: the controller of workers has only reports."""
        report = yield
        if call.when == "setup":
            setattr(report, TOLD, told(item, item.stash.get(_NODE_ID, item.nodeid)))
        return report


class Cutting:
    """Deselects what does not fit into the budget."""

    def __init__(self, run: Run, ordering: Ordering) -> None:
        self._run, self._ordering = run, ordering

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, Any, Any]:
        """Cut after everyone else: --lf selects later than others do, and what it leaves out costs no time."""
        result = yield
        budget = self._run.asked.budget
        if budget and self._ordering.answer.results and items:
            try:
                self._cut(items, budget)
            except Exception as error:
                self._run.said.warn(f"{type(error).__name__}: {error}; nothing was left out")
        elif budget and self._run.said.warnings:
            self._run.said.warn(f"budget {budget.text}: nothing was left out, for there is no ranking")
        self._run.say_to_controller()
        return result

    def _cut(self, items: list[pytest.Item], budget: Budget) -> None:
        known = {one.test: (rank, one) for rank, one in enumerate(self._ordering.answer.results)}
        found = [known.get(history_test_id(item.stash.get(_NODE_ID, item.nodeid))) for item in items]
        numbers = sorted(range(len(items)), key=lambda n: at[0] if (at := found[n]) else len(known))
        ranked = [Wanted(at[1].expected_s, at[1].must_run) if (at := found[n]) else Wanted(None, True) for n in numbers]
        chosen = choose(ranked, budget, spent_s=self._ordering.spent_s, workers=self._run.workers)
        if chosen is None:
            self._run.said.warn(f"budget {budget.text}: nothing was left out, for no durations are known")
            return
        kept = {numbers[rank] for rank in chosen.places}
        gone = [item for number, item in enumerate(items) if number not in kept]
        must = sum(test.must_run for test in ranked)
        self._run.said.tell(
            f"budget {budget.text}: {len(kept):,} of {counted(len(items), 'tests')} {_are(len(kept))} run ({must:,} of "
            f"them must), {_time(chosen, len(items))}; {len(gone):,} deselected"
        )
        if gone:
            items[:] = [item for number, item in enumerate(items) if number in kept]
            self._run.config.hook.pytest_deselected(items=gone)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _time(chosen: Chosen, tests: int) -> str:
    """What the chosen of so many tests are expected to take; where nothing is known, no seconds are made up."""
    if chosen.guessed == tests:
        return "a share of their number, for no duration is known"
    said = f"expected to take {time_taken(chosen.seconds)} of {time_taken(chosen.all_seconds)}"
    if not chosen.guessed:
        return said
    return f"{said} ({counted(chosen.guessed, 'durations')} {_are(chosen.guessed)} not known and taken for the mean)"


class Workers:
    """Gives pytest-xdist's workers what they need to agree on one order, and hears what they have to say."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._shared: Path | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker the change and a folder shared with the others; none of them orders without it."""
        try:
            if not all(spec.popen for spec in node.nodemanager.specs):
                self._warn_once(f"workers on other machines cannot share a ranking; {KEPT}")
                return
            if self._shared is None:
                self._shared = Path(tempfile.mkdtemp(prefix="domain-ft-"))
                self._keep_order()
            node.workerinput["domain_ft"] = self._run.for_workers(self._shared)
        except Exception as error:
            self._warn_once(f"{error}; {KEPT}")

    def _warn_once(self, line: str) -> None:
        if not self._run.said.warnings:
            self._run.said.warn(line)

    def _keep_order(self) -> None:
        """Have pytest-xdist hand out the tests in their order."""
        option = self._run.config.option
        if getattr(option, "maxschedchunk", 0) is None:
            option.maxschedchunk = _CHUNK
        if hasattr(option, "loadscopereorder"):
            option.loadscopereorder = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hear the workers before the summary is shown."""
        if self._shared is not None:
            self._run.hear_workers(self._shared)

    def pytest_unconfigure(self) -> None:
        """Remove what was shared; the workers are gone by now."""
        if self._shared is not None:
            shutil.rmtree(self._shared, ignore_errors=True)


class Reporting:
    """Gathers what came of the tests, writes it into the landing folder, and says what was done."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._outcomes = Outcomes()
        self._started = datetime.now(UTC)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a report; under pytest-xdist, those of all workers come here."""
        self._outcomes.add(report)

    def pytest_sessionfinish(self) -> None:
        """Write the results of the tests that ran to their end."""
        tests = [[one.node_id, one.text, one.verdict, one.seconds] for one in self._outcomes.finished()]
        if not tests or not self._run.asked.report:
            return
        try:
            self._land(tests)
        except Exception as error:
            self._run.said.warn(f"the results of {counted(len(tests), 'tests')} were not written: {error}")

    def _land(self, tests: list[list[Any]]) -> None:
        run, change = self._run, self._run.change
        if change.unreported:
            run.said.tell(
                f"the results of {counted(len(tests), 'tests')} were not written: {change.unreported}; "
                "name the change by --domain-ft-commit or --domain-ft-change-text"
            )
            return
        build = run.asked.build or change.commit or f"{self._started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
        path = run.land(
            {
                "domain": run.asked.domain,
                "build": build,
                "commit": change.commit,
                "change_text": change.text,
                "paths": list(change.paths),
                "started": self._started.isoformat(),
                "tests": tests,
            }
        )
        run.said.tell(f"the results of {counted(len(tests), 'tests')} were written to {path}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what was done; warnings come even where everything else is quiet."""
        if self._run.config.get_verbosity() > -2:
            for line in self._run.said.lines:
                terminalreporter.write_line(f"domain-ft: {line}")
        for line in self._run.said.warnings:
            terminalreporter.write_line(f"domain-ft: warning: {line}", yellow=True)
