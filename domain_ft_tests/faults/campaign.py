"""Kill the loop at named points and at random moments, start it again, and look what is left.

    python -m domain_ft_tests.faults.campaign --kills 300 --seed 1

Each kill gets a fresh copy of a small world as it stood before one stage, runs that stage in a process, kills it (the
process, its training child, or both; SIGKILL, SIGTERM or SIGINT), looks for what a reader could stumble over, runs
the stage again and holds the world against one that nobody killed. Prints a table, then one JSON line.
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
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import psutil

from domain_ft.history.sample.generate import sample_history
from domain_ft.history.sample.write import write_sample
from domain_ft.store.home import Home
from domain_ft_tests.faults.points import POINTS, Point
from domain_ft_tests.faults.snapshot import visible_faults
from domain_ft_tests.faults.worker import BASE, HISTORY, STAGES
from domain_ft_tests.tiny_model import make_tiny_model

CHECKOUT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).parent / "site"
SAMPLE: Any = {"builds": 300, "tests": 80, "seed": 1, "signal": 1.0}
SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT")
STAGE_LIMIT_S = 300.0
ORPHAN_LIMIT_S = 60.0
Victim = Literal["worker", "child", "both"]


@dataclass(frozen=True)
class Kill:
    """One kill to be done: at a point, or (without one) a share of the stage's usual time after its start."""

    stage: str
    victim: Victim
    signal: str
    point: Point | None = None
    share: float = 0.0

    def __str__(self) -> str:
        where = str(self.point) if self.point else f"{self.stage}: at {self.share:.0%} of its time"
        return f"{where}; {self.victim} by {self.signal}"


@dataclass
class Outcome:
    """What a kill came to; `struck` is false where the stage had ended before."""

    kill: Kill
    struck: bool
    findings: list[str] = field(default_factory=list)


def sample_words() -> list[str]:
    """The distinct words of the sample's texts, for the vocabulary of the tiny model."""
    history = sample_history(**SAMPLE)
    texts = [test.summary for test in history.tests]
    texts += [text for build in history.builds for text in build.commits]
    return sorted({word.strip("'.,:;()[]") for text in texts for word in text.lower().split()} - {""})


class Campaign:
    """A world, copies of it before each stage, and what it must look like after each."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "world")
        self._copies = folder / "before"
        self._armed, self._seen = folder / "armed", folder / "seen.json"
        self.expected: dict[str, dict[str, Any]] = {}
        self.seconds: dict[str, float] = {}

    def prepare(self) -> None:
        """Run every stage once, undisturbed, and keep the world as it was before and after each."""
        self.home.root.mkdir(parents=True)
        write_sample(self.home.root.parent / HISTORY, **SAMPLE, broken_rows=5)
        make_tiny_model(self.home.root / BASE, sample_words())
        for stage in STAGES:
            shutil.copytree(self.home.root, self._copies / stage, symlinks=True)
            started = time.monotonic()
            code, said = self._finish(self._start(stage))
            if code != 0:
                raise SystemExit(f"the undisturbed stage {stage} failed: {said}")
            self.seconds[stage] = time.monotonic() - started
            self.expected[stage] = json.loads(self._seen.read_bytes())
        if not self.expected["promote"]["champion"]:
            raise SystemExit("the undisturbed world promotes nothing, so that no promotion could be killed in it")

    def strike(self, kill: Kill) -> Outcome:
        """Kill a stage, look, run it again, and compare."""
        shutil.rmtree(self.home.root)
        shutil.copytree(self._copies / kill.stage, self.home.root, symlinks=True)
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
        return outcome

    def _start(self, stage: str, kill: Kill | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DOMAIN_FT_HOME": str(self.home.root), "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = os.pathsep.join([str(SITE), str(CHECKOUT)])
        if kill and kill.point:
            self._armed.touch()
            victim = {"worker": "parent", "child": "self"} if kill.point.process == "child" else {"worker": "self"}
            fault = {**asdict(kill.point), "armed": str(self._armed), "signal": kill.signal}
            environment["DOMAIN_FT_FAULT"] = json.dumps(fault | {"victim": victim.get(kill.victim, "both")})
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
        struck = process.poll() is None and self._kill_from_outside(process, kill)
        self._finish(process)
        return struck

    def _kill_from_outside(self, process: subprocess.Popen[bytes], kill: Kill) -> bool:
        number = getattr(signal, kill.signal)
        children = psutil.Process(process.pid).children(recursive=True)
        victims = {"worker": [process.pid], "child": [child.pid for child in children]}
        chosen = victims.get(kill.victim) or [process.pid, *victims["child"]]
        for pid in chosen:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        return True

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
        """Wait for what the killed process left running; whatever does not end by itself is a finding."""
        until = time.monotonic() + ORPHAN_LIMIT_S
        while (left := list(processes_of(self.home))) and time.monotonic() < until:
            time.sleep(0.2)
        for process in left:
            process.kill()
        return [f"orphan process {process.pid}" for process in left]


def processes_of(home: Home) -> Iterator[psutil.Process]:
    """The processes that work in a world."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("DOMAIN_FT_HOME") == str(home.root) and process.pid != os.getpid():
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue


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


def planned(kills: int, seed: int) -> list[Kill]:
    """Each named point once (as far as the number goes), by signals and victims in turn; the rest at random moments."""
    lot = random.Random(seed)
    points = lot.sample(POINTS, len(POINTS))[: kills * 2 // 3]
    plan = [Kill(point.stage, _victim(point, lot), lot.choice(SIGNALS), point) for point in points]
    while len(plan) < kills:
        stage = lot.choice(STAGES) if lot.random() < 0.5 else "train"
        victim: Victim = lot.choice(("worker", "child", "both")) if stage == "train" else "worker"
        plan.append(Kill(stage, victim, lot.choice(SIGNALS), share=lot.uniform(0.1, 0.95)))
    return plan


def _victim(point: Point, lot: random.Random) -> Victim:
    choices: tuple[Victim, ...] = ("child", "worker", "both") if point.process == "child" else ("worker",)
    return lot.choice(choices)


def summary(outcomes: list[Outcome], seconds: float) -> dict[str, Any]:
    """What the campaign came to, as one JSON object."""
    struck = [outcome for outcome in outcomes if outcome.struck]
    return {
        "benchmark": "faults",
        "kills": len(struck),
        "too_late": len(outcomes) - len(struck),
        "by_stage": dict(Counter(outcome.kill.stage for outcome in struck)),
        "by_signal": dict(Counter(outcome.kill.signal for outcome in struck)),
        "findings": {str(outcome.kill): outcome.findings for outcome in outcomes if outcome.findings},
        "seconds": round(seconds),
    }


def main() -> None:
    """Run a campaign and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="kill only where the point's description holds this text")
    arguments = parser.parse_args()
    began = time.monotonic()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        campaign = Campaign(Path(folder))
        campaign.prepare()
        for number, kill in enumerate(planned(arguments.kills, arguments.seed), 1):
            if arguments.only and arguments.only not in str(kill):
                continue
            outcome = campaign.strike(kill)
            outcomes.append(outcome)
            verdict = "; ".join(outcome.findings) or ("ok" if outcome.struck else "ok, but struck too late")
            print(f"{number:4} {kill}: {verdict}", file=sys.stderr, flush=True)
    result = summary(outcomes, time.monotonic() - began)
    print(json.dumps(result))
    raise SystemExit(1 if result["findings"] else 0)


if __name__ == "__main__":
    main()
