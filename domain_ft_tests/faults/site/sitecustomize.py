"""Python imports this at the start of each process of a campaign: it kills at a named point, once.

The point is a function; `DOMAIN_FT_FAULT` says which, whether before or after its n-th call, in which of the
stage's processes (the worker that the campaign started, a step of Dagster's, the training), and who dies of which
signal. No line of the project itself knows of it.
"""

import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

TRAINING = "domain_ft.embedding.train"
STEPS = "multiprocessing.forkserver"
"""Dagster's steps are forked by a process that was started with this."""


class _Armed(importlib.abc.MetaPathFinder):
    """Finds the module of the fault as everybody else does, and wraps its function when it has been executed."""

    def __init__(self, fault: dict[str, Any]) -> None:
        self._fault, self._calls = fault, 0

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self._fault["module"]:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: (execute(module), self.wrap(module))[0]  # type: ignore[method-assign]
        return spec

    def wrap(self, module: Any) -> None:
        """Put the fault before or after a function of the module."""
        *owners, name = self._fault["function"].split(".")
        owner = module
        for each in owners:
            owner = getattr(owner, each)
        original = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            self._calls += 1
            due = self._calls == self._fault["nth"]
            if due and self._fault["when"] == "before":
                _strike(self._fault)
            result = original(*arguments, **options)
            if due and self._fault["when"] == "after":
                _strike(self._fault)
            return result

        setattr(owner, name, wrapped)


def _strike(fault: dict[str, Any]) -> None:
    """Kill whom the fault names, unless it has struck already."""
    try:
        Path(fault["armed"]).unlink()
    except FileNotFoundError:
        return
    number = getattr(signal, fault["signal"])
    victims = {_pid(name) for name in fault["victims"]}
    for pid in sorted(victims - {os.getpid()}):
        os.kill(pid, number)
    if os.getpid() in victims:
        os.kill(os.getpid(), number)
        time.sleep(0.2)


def _pid(victim: str) -> int:
    """A process by what it is to this one; the worker leads the session of all but the training."""
    if victim == "worker":
        return os.getsid(os.getppid() if _role == "child" else 0)
    return os.getppid() if victim == "parent" else os.getpid()


def _role_of(command: list[str]) -> str:
    if TRAINING in command:
        return "child"
    return "step" if any(STEPS in word for word in command) else "worker"


_role = _role_of(sys.orig_argv)
_fault = json.loads(os.environ.get("DOMAIN_FT_FAULT", "null"))
if _fault and _fault["process"] == _role:
    _armed = _Armed(_fault)
    if _fault["module"] in sys.modules:
        _armed.wrap(sys.modules[_fault["module"]])
    else:
        sys.meta_path.insert(0, _armed)
