"""A starter is made by a process of its own, which its caller hears, stops, and may not outlive: real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from domain_ft.starter_lm import made as made_module
from domain_ft.starter_lm import recipe as recipes
from domain_ft.starter_lm.made import made_starter_lm
from domain_ft.starter_lm.recipe import Recipe
from domain_ft.store.home import Home
from domain_ft.store.publish import verify_folder
from domain_ft.training.checkpoints import whole_checkpoints
from domain_ft.training.stop import TrainingStoppedError
from domain_ft_tests.starter_lm.making_in_a_moment import MODULE, STEPS, recipe_of_steps

LONG = 3000

PARENT = f"""
import sys
from pathlib import Path
from domain_ft.starter_lm import made, recipe
from domain_ft.store.home import Home

made.MODULE = "{MODULE}"
made.recipe_of = lambda size: type("Named", (), {{"digest": sys.argv[2]}})

def tell(step, done, total=None):
    print(done, "torch" in sys.modules, flush=True)

made.made_starter_lm("xs", Home(Path(sys.argv[1])), progress=tell)
"""


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Recipe]:
    """A recipe of so many steps in place of `xs`, here and in the process that makes it."""
    monkeypatch.setattr(made_module, "MODULE", MODULE)

    def of(steps: int) -> Recipe:
        monkeypatch.setenv(STEPS, str(steps))
        monkeypatch.setitem(recipes._RECIPES, "xs", recipe_of_steps(steps))
        return recipe_of_steps(steps)

    return of


def refuse(step: str, done: int, total: int | None = None) -> None:
    raise AssertionError("something was made")


@pytest.mark.slow
def test_it_is_made_by_another_process_that_tells_each_step(home: Home, recipe: Callable[[int], Recipe]) -> None:
    digest, told = recipe(6).digest, list[tuple[str, int, int | None]]()
    folder = made_starter_lm("xs", home, progress=lambda *said: told.append(said))
    assert folder == home.starter_lm(digest)
    verify_folder(folder)
    assert told == [("starter model xs", step, 6) for step in range(1, 7)]
    assert made_starter_lm("xs", home, progress=refuse) == folder


@pytest.mark.slow
def test_cancelled_it_ends_after_a_checkpoint_and_the_next_call_goes_on(
    home: Home, recipe: Callable[[int], Recipe]
) -> None:
    work, told = home.starter_lm_work(recipe(LONG).digest), list[int]()
    with pytest.raises(TrainingStoppedError, match=rf"stopped after step \d+ of {LONG} \(asked to by SIGTERM\)"):
        made_starter_lm(
            "xs", home, progress=lambda step, done, total=None: told.append(done), cancelled=lambda: bool(told)
        )
    (checkpoint,) = whole_checkpoints(work / "checkpoints")
    assert checkpoint.step >= told[-1]
    gone_on: list[int] = []
    with pytest.raises(TrainingStoppedError):
        made_starter_lm(
            "xs", home, progress=lambda step, done, total=None: gone_on.append(done), cancelled=lambda: bool(gone_on)
        )
    assert gone_on[0] == checkpoint.step + 1


@pytest.mark.slow
def test_an_interrupt_of_the_caller_ends_it_after_a_checkpoint(home: Home, recipe: Callable[[int], Recipe]) -> None:
    work = home.starter_lm_work(recipe(LONG).digest)

    def interrupt(step: str, done: int, total: int | None = None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_starter_lm("xs", home, progress=interrupt)
    assert len(whole_checkpoints(work / "checkpoints")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_its_caller_which_imports_no_torch(home: Home, number: signal.Signals) -> None:
    digest = recipe_of_steps(LONG).digest
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(home.root), digest],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, STEPS: str(LONG)},
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "1 False\n"
    (child,) = psutil.Process(parent.pid).children()
    parent.send_signal(number)
    parent.wait(60)
    assert is_gone(child, within_s=60)
    assert len(whole_checkpoints(home.starter_lm_work(digest) / "checkpoints")) == 1


def is_gone(process: psutil.Process, within_s: float) -> bool:
    """Whether a process ends in time (a zombie that nobody waits for has ended)."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0), (["xl", "."], 2)])
def test_the_command_explains_itself(arguments: list[str], code: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "domain_ft.starter_lm.make", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == code
    assert "usage: python -m domain_ft.starter_lm.make SIZE HOME" in done.stdout + done.stderr
