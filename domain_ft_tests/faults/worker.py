"""One stage of a tiny domain, or what has to happen before it, in a process that may be killed.

    python -m domain_ft_tests.faults.worker STAGE [FILE]

FILE gets a snapshot of the world when the stage has ended: taken here and not by the campaign, whose connection to
MLflow would still show the database of the world before.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain_ft import stages
from domain_ft.domain import Domain
from domain_ft.domains import find_domain
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft_tests.faults.snapshot import NAME, snapshot

HISTORY, LATER, LATEST = "history.csv", "later.csv", "latest.csv"
BASE, DEEP = "tiny", "tiny-deep"
"""The base models of the world: the second has a layer to freeze."""
SETTINGS: Mapping[str, Any] = {
    "triplets.minimum": 1,
    "training.base_model": BASE,
    "training.precision": "fp32",
    "training.device": "cpu",
    "training.batch_size": 32,
    "training.max_seq_length": 48,
    "training.learning_rate": 2e-3,
    "training.epochs": 2,
    "training.save_steps": 3,
    "training.eval_steps": 6,
    "training.logging_steps": 1,
    "training.validation_queries": 10,
    "training.validation_tests": 50,
    "benchmark.resamples": 200,
    "benchmark.general_ability": "off",
    "benchmark.latency_runs": 0,
    "promotion.keep_versions": 1,
}
BETTER: Mapping[str, Any] = {"training.epochs": 10, "training.save_steps": 100, "training.eval_steps": 100}
MINED: Mapping[str, Any] = {
    "training.base_model": DEEP,
    "training.freeze_layers": 1,
    "training.hard_negatives": "model",
    "training.hard_negatives_every": 1,
}
BRIEF: Mapping[str, Any] = {"training.max_steps": 1, "training.seed": 43}
COMPARED: Mapping[str, Any] = {"training.max_steps": 8}
"""Two trainings, and each of them short."""
UNLEARNED: Mapping[str, Any] = {"prioritization.learned": False}
"""What learns an order takes minutes."""
SWEPT = "training.max_steps=null,4"
"""The first of the two is what the world has trained already."""
NOWHERE = "http://127.0.0.1:9"
CLEANED_LATER_S = 8 * 3600.0
"""A clean that comes later finds nothing too young to go."""


def tiny_domain(changes: Mapping[str, Any] | None = None) -> Domain:
    """The shipped domain with a model and a training of seconds, which wins, so that there is a promotion to kill."""
    return find_domain(NAME).with_overrides({**SETTINGS, **(changes or {})})


def ingest(home: Home) -> None:
    """As `domain-ft ingest`."""
    stages.ingest(tiny_domain(), home, [_beside(home, HISTORY)])


def dataset(home: Home) -> None:
    """As `domain-ft dataset`."""
    stages.build_dataset(tiny_domain(), home)


def train(home: Home) -> None:
    """As `domain-ft train`."""
    stages.train(tiny_domain(), home)


def train_mined(home: Home) -> None:
    """As `domain-ft train`, above a frozen layer, with negatives mined before each epoch."""
    stages.train(tiny_domain(MINED), home)


def benchmark(home: Home) -> None:
    """As `domain-ft benchmark`."""
    stages.benchmark(tiny_domain(), home)


def promote(home: Home) -> None:
    """As `domain-ft promote`, with the clean at its end."""
    stages.promote(tiny_domain(), home)


def owe(home: Home) -> None:
    """Let training, benchmark and promotion happen while MLflow cannot be reached."""
    (home.state / "mlflow.db").unlink()
    shutil.rmtree(home.state / "mlflow-artifacts")
    os.environ |= {"MLFLOW_TRACKING_URI": NOWHERE, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    for stage in (train, benchmark, promote):
        try:
            stage(home)
        except DomainFtError as error:
            print(error)
    del os.environ["MLFLOW_TRACKING_URI"]


def settle(home: Home) -> None:
    """As `domain-ft compare`: MLflow is told all that it is owed."""
    stages.compare(tiny_domain(), home)


def sweep(home: Home) -> None:
    """As `domain-ft sweep`: two combinations, of which the world has trained one already."""
    from domain_ft.sweep.plan import plan_sweep, split_values
    from domain_ft.sweep.run import run_sweep

    constant = [f"{name}={value}" for name, value in SETTINGS.items() if name != SWEPT.partition("=")[0]]
    domain = find_domain(NAME)
    run_sweep(domain, home, plan_sweep(domain, [split_values(text) for text in (*constant, SWEPT)]))


def bases(home: Home) -> None:
    """As `domain-ft bases`: both base models tuned, judged and compared."""
    from domain_ft.bases.run import run_bases

    domain = tiny_domain(COMPARED)
    settings = domain.settings.model_copy(update={"base_models": (BASE, DEEP)})
    result = run_bases(replace(domain, settings=settings), home)
    if result.failures:
        raise SystemExit(f"not every base was compared: {result.failures}")


def index(home: Home) -> None:
    """As `domain-ft index`."""
    from domain_ft.uses.index_passages import index_passages

    index_passages(tiny_domain(), home)


def strangers(home: Home) -> None:
    """As `domain-ft strangers`."""
    from domain_ft.uses.detect_strangers import detect_strangers

    detect_strangers(tiny_domain(), home)


def prioritize(home: Home) -> None:
    """As `domain-ft prioritize`, by orders that take no learning."""
    from domain_ft.uses.judge_orders import judge_orders

    judge_orders(tiny_domain(UNLEARNED), home)


def succeed(home: Home) -> None:
    """Let a second champion follow, which learned from more data."""
    domain = tiny_domain(BETTER)
    stages.ingest(domain, home, [_beside(home, LATER)])
    stages.build_dataset(domain, home)
    stages.train(domain, home)
    stages.benchmark(domain, home)
    result = stages.promote(domain, home)
    if not result.promoted:
        raise SystemExit(f"there is nothing to roll back: {result.reason}")


def rollback(home: Home) -> None:
    """As a person does: a look at who is champion, then `domain-ft rollback` if it is still the one to be put back."""
    newest = stages.compare(tiny_domain(), home)
    if newest.champion == newest.versions[0].version:
        stages.rollback(tiny_domain(), home)


def outgrow(home: Home) -> None:
    """Let a newer version, from newer data, leave nothing that needs the champion that was put back."""
    domain = tiny_domain(BRIEF)
    stages.ingest(domain, home, [_beside(home, LATEST)])
    stages.build_dataset(domain, home)
    stages.train(domain, home)
    stages.benchmark(domain, home)


def clean(home: Home) -> None:
    """As `domain-ft clean`, some hours later."""
    from domain_ft.retention.clean import clean_domain

    domain = tiny_domain()
    clean_domain(home, NAME, domain.promotion.keep_versions, now=time.time() + CLEANED_LATER_S)


def run(home: Home) -> None:
    """As `domain-ft run`: the whole chain as one run of Dagster."""
    from domain_ft.run import run_domain

    settings = [f"{name}={value}" for name, value in SETTINGS.items()]
    run_domain(find_domain(NAME), home, [_beside(home, HISTORY)], settings, quiet=True)


Work = Callable[[Home], None]
_STAGES: tuple[Work, ...] = (
    ingest, dataset, train, train_mined, benchmark, promote, settle, sweep, bases, index, strangers, prioritize,
    rollback, clean, run,
)  # fmt: skip
STAGES: Mapping[str, Work] = {work.__name__: work for work in _STAGES}
PREPARATIONS: Mapping[str, Work] = {work.__name__: work for work in (owe, succeed, outgrow)}


def _beside(home: Home, name: str) -> Path:
    return home.root.parent / name


if __name__ == "__main__":
    world = Home.from_environment()
    {**STAGES, **PREPARATIONS}[sys.argv[1]](world)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(snapshot(world)))
