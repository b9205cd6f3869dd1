"""The processes of a stage: those to kill from outside, and those that are left."""

import os
from collections.abc import Iterator

import psutil

from domain_ft.embedding.train_model import MODULE as TRAINING
from domain_ft.store.home import Home


def send(worker: int, victim: str, signal: int) -> bool:
    """Send a signal to a stage's processes of a kind; whether it reached one that had not ended before."""
    reached = False
    for pid in chosen(worker, victim):
        try:
            alive = psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
            os.kill(pid, signal)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
        reached = reached or alive
    return reached


def chosen(worker: int, victim: str) -> list[int]:
    """The processes to kill at a random moment; all of the stage's where there is none of that kind just now."""
    try:
        below = psutil.Process(worker).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    named: dict[str, list[int]] = {"worker": [worker], "child": [], "step": []}
    for process in below:
        try:
            if TRAINING in process.cmdline():
                named["child"].append(process.pid)
            elif process.ppid() != worker:
                named["step"].append(process.pid)
        except psutil.NoSuchProcess:
            continue
    return named.get(victim) or [worker, *(process.pid for process in below)]


def processes_of(home: Home) -> Iterator[psutil.Process]:
    """The processes that work in a world."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("DOMAIN_FT_HOME") == str(home.root) and process.pid != os.getpid():
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
