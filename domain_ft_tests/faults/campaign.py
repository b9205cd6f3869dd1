"""Kill the loop at named points and at random moments, start it again, and look what is left.

    python -m domain_ft_tests.faults.campaign --kills 300 --seed 1

Each kill gets a fresh copy of a small world as it stood before one stage, runs that stage in a process, kills it (the
process, a step of Dagster's, the training child, or all of them; SIGKILL, SIGTERM or SIGINT), looks for what a reader
could stumble over, runs the stage again, looks once more and holds the world against one that nobody killed. A kill
that comes too late is made up for by another. Prints a table, then one JSON line.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from domain_ft.history.sample.generate import sample_history
from domain_ft.history.sample.write import write_sample
from domain_ft.store.home import Home
from domain_ft_tests.faults.plan import Kill, Outcome, another, planned, summary, table, victims
from domain_ft_tests.faults.processes import processes_of, send
from domain_ft_tests.faults.snapshot import visible_faults
from domain_ft_tests.faults.worker import BASE, DEEP, HISTORY, LATER, LATEST
from domain_ft_tests.tiny_model import make_tiny_model

CHECKOUT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).parent / "site"
SAMPLE: Any = {"builds": 330, "tests": 80, "seed": 1, "signal": 1.0}
SHARES = {HISTORY: 0.9, LATER: 0.98, LATEST: 1.0}
"""Where in the sample each file of the world ends."""
STAGE_LIMIT_S = 300.0
ORPHAN_LIMIT_S = 60.0
TRIES = 5
"""So often a kill may come too late."""
START: dict[str, tuple[str, str | None]] = {
    "ingest": ("", None),
    "dataset": ("ingest", None),
    "train": ("dataset", None),
    "train_mined": ("dataset", None),
    "benchmark": ("train", None),
    "promote": ("benchmark", None),
    "settle": ("benchmark", "owe"),
    "sweep": ("promote", None),
    "bases": ("dataset", None),
    "index": ("promote", None),
    "strangers": ("promote", None),
    "prioritize": ("promote", None),
    "rollback": ("promote", "succeed"),
    "clean": ("rollback", "outgrow"),
    "run": ("", None),
}
"""The world in which a stage starts: as another stage has left it (or the first one), and what happened since."""


class Campaign:
    """A world, copies of it before and after each stage, and what it must look like after each."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "world")
        self._copies = folder / "copies"
        self._armed, self._seen = folder / "armed", folder / "seen.json"
        self.expected: dict[str, dict[str, Any]] = {}
        self.seconds: dict[str, float] = {}
        shutil.copytree(self.home.root, self._copies / "after")

    def prepare(self, stage: str) -> None:
        """Run a stage once, undisturbed, and keep the world as it was before and after; all that it needs, first."""
        if stage in self.expected:
            return
        earlier, preparation = START[stage]
        if earlier:
            self.prepare(earlier)
        self._restore(f"after{earlier}")
        if preparation:
            self._undisturbed(preparation)
        self._keep(f"before{stage}")
        self.seconds[stage] = self._undisturbed(stage)
        self.expected[stage] = json.loads(self._seen.read_bytes())
        self._keep(f"after{stage}")
        if stage == "promote" and not self.expected[stage]["champion"]:
            raise SystemExit("the undisturbed world promotes nothing, so that no promotion could be killed in it")

    def strike(self, kill: Kill) -> Outcome:
        """Kill a stage, look, run it again, look again, and compare."""
        self.prepare(kill.stage)
        self._restore(f"before{kill.stage}")
        outcome = Outcome(kill, struck=self._run_and_kill(kill))
        outcome.findings += self._orphans()
        outcome.findings += visible_faults(self.home)
        self._seen.unlink(missing_ok=True)
        code, said = self._finish(self._start(kill.stage))
        if code is None:
            outcome.findings.append(f"run again, it hangs for {STAGE_LIMIT_S:.0f} s")
        elif code != 0:
            outcome.findings.append(f"run again, it fails: {said}")
        else:
            outcome.findings += differences(self.expected[kill.stage], json.loads(self._seen.read_bytes()))
            outcome.findings += self._orphans()
            outcome.findings += [f"run again: {fault}" for fault in visible_faults(self.home)]
        return outcome

    def _keep(self, name: str) -> None:
        shutil.copytree(self.home.root, self._copies / name, symlinks=True)

    def _restore(self, name: str) -> None:
        shutil.rmtree(self.home.root)
        shutil.copytree(self._copies / name, self.home.root, symlinks=True)

    def _undisturbed(self, stage: str) -> float:
        """Run a stage, or a preparation, to its end; how many seconds it took."""
        started = time.monotonic()
        code, said = self._finish(self._start(stage))
        if code != 0:
            raise SystemExit(f"the undisturbed stage {stage} failed: {said}")
        return time.monotonic() - started

    def _start(self, stage: str, kill: Kill | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DOMAIN_FT_HOME": str(self.home.root), "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = os.pathsep.join([str(SITE), str(CHECKOUT)])
        environment.pop("DAGSTER_HOME", None)
        if kill and kill.point:
            self._armed.touch()
            fault = {**asdict(kill.point), "armed": str(self._armed), "signal": kill.signal, "victims": victims(kill)}
            environment["DOMAIN_FT_FAULT"] = json.dumps(fault)
        command = [sys.executable, "-m", "domain_ft_tests.faults.worker", stage, str(self._seen)]
        with (self.home.root.parent / "worker.log").open("wb") as log:
            return subprocess.Popen(
                command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _run_and_kill(self, kill: Kill) -> bool:
        self._armed.unlink(missing_ok=True)
        process = self._start(kill.stage, kill)
        if kill.point:
            self._finish(process)
            return not self._armed.exists()
        time.sleep(kill.share * self.seconds[kill.stage])
        struck = process.poll() is None and send(process.pid, kill.victim, getattr(signal, kill.signal))
        self._finish(process)
        return struck

    def _finish(self, process: subprocess.Popen[bytes]) -> tuple[int | None, str]:
        """Wait for a worker; its exit code (None: it had to be ended) and its last words."""
        try:
            code: int | None = process.wait(STAGE_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        said = (self.home.root.parent / "worker.log").read_text(errors="replace").strip().splitlines()
        return code, said[-1] if said else ""

    def _orphans(self) -> list[str]:
        """Wait for what a process has left running; whatever does not end by itself is a finding."""
        until = time.monotonic() + ORPHAN_LIMIT_S
        while (left := list(processes_of(self.home))) and time.monotonic() < until:
            time.sleep(0.2)
        for process in left:
            process.kill()
        return [f"orphan process {process.pid}" for process in left]


def make_worlds(folder: Path, count: int) -> list[Campaign]:
    """As many equal worlds as kills shall go on at once: a base model, and histories beside it."""
    base, begin = folder / "base", 0
    head, *rows = write_sample(base / "sample.csv", **SAMPLE, broken_rows=5).path.read_text().splitlines(keepends=True)
    for name, share in SHARES.items():
        end = round(share * len(rows))
        (base / name).write_text("".join([head, *rows[begin:end]]))
        begin = end
    make_tiny_model(base / "world" / BASE, sample_words())
    make_tiny_model(base / "world" / DEEP, sample_words(), layers=2)
    for number in range(count):
        shutil.copytree(base, folder / str(number))
    return [Campaign(folder / str(number)) for number in range(count)]


def sample_words() -> list[str]:
    """The distinct words of the sample's texts, for the vocabulary of the tiny model."""
    history = sample_history(**SAMPLE)
    texts = [test.summary for test in history.tests]
    texts += [text for build in history.builds for text in build.commits]
    return sorted({word.strip("'.,:;()[]") for text in texts for word in text.lower().split()} - {""})


def differences(expected: Any, found: Any, name: str = "world") -> list[str]:
    """What differs between two worlds, by name."""
    if expected == found:
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        names = dict.fromkeys([*expected, *found])
        inner = (differences(expected.get(key), found.get(key), f"{name}.{key}") for key in names)
        return [each for group in inner for each in group]
    return [f"{name} is {_short(found)}, undisturbed {_short(expected)}"]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{text[:200]}..."


def strike_all(campaigns: Sequence[Campaign], kills: Sequence[Kill], seed: int) -> list[Outcome]:
    """Do the kills, one at a time in each world, and tell of each; one that comes too late is made up for."""
    waiting, taking = dict(enumerate(kills, 1)), threading.Lock()

    def take(campaign: Campaign) -> tuple[int, Kill] | None:
        """The next kill; better one in a stage that this world is prepared for."""
        with taking:
            ready = (number for number, kill in waiting.items() if kill.stage in campaign.expected)
            number = next(ready, next(iter(waiting), 0))
            return (number, waiting.pop(number)) if number else None

    def work(campaign: Campaign) -> list[Outcome]:
        outcomes = []
        while taken := take(campaign):
            number, kill = taken
            lot = random.Random(f"{seed}: {number}")
            for _ in range(TRIES):
                outcomes.append(outcome := campaign.strike(kill))
                verdict = "; ".join(outcome.findings) or ("ok" if outcome.struck else "ok, but struck too late")
                print(f"{number:4} {kill}: {verdict}", file=sys.stderr, flush=True)
                if outcome.struck:
                    break
                kill = another(kill, lot)
        return outcomes

    with ThreadPoolExecutor(len(campaigns)) as pool:
        return [outcome for outcomes in pool.map(work, campaigns) for outcome in outcomes]


def unlike(campaigns: Sequence[Campaign]) -> list[str]:
    """Where the undisturbed worlds differ from each other."""
    first, *others = (campaign.expected for campaign in campaigns)
    return [
        difference
        for other in others
        for stage in first.keys() & other.keys()
        for difference in differences(first[stage], other[stage], f"a second undisturbed {stage}")
    ]


def main() -> None:
    """Run a campaign and print its table; fails if anything is found, or too few have struck."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30, help="so many are to strike")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="so many kills at once, each in a world of its own")
    parser.add_argument("--only", default="", help="kill only where the kill's description holds this text")
    arguments = parser.parse_args()
    began = time.monotonic()
    kills = [kill for kill in planned(arguments.kills, arguments.seed) if arguments.only in str(kill)]
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        campaigns = make_worlds(Path(folder), arguments.jobs)
        outcomes = strike_all(campaigns, kills, arguments.seed)
    usual = {stage: round(seconds) for campaign in campaigns for stage, seconds in campaign.seconds.items()}
    print(f"undisturbed, in seconds: {usual}", file=sys.stderr)
    print(table(outcomes))
    result = {**summary(outcomes, time.monotonic() - began), "unlike": unlike(campaigns)}
    print(json.dumps(result))
    raise SystemExit(1 if result["findings"] or result["unlike"] or result["kills"] < len(kills) else 0)


if __name__ == "__main__":
    main()
