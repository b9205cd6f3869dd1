"""One stage of a tiny domain, in a process that may be killed.

    python -m domain_ft_tests.faults.worker STAGE [FILE]

FILE gets a snapshot of the world when the stage has ended: taken here and not by the campaign, whose connection to
MLflow would still show the database of the world before.
"""

import json
import sys
from pathlib import Path

from domain_ft import stages
from domain_ft.domain import Domain, find_domain
from domain_ft.store.home import Home

NAME = "test_history"
HISTORY = "history.csv"
BASE = "tiny"
SETTINGS = {
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
}
STAGES = ("ingest", "dataset", "train", "benchmark", "promote")


def tiny_domain() -> Domain:
    """The shipped domain with a model and a training of seconds, which wins, so that there is a promotion to kill."""
    return find_domain(NAME).with_overrides(SETTINGS)


def run_stage(stage: str, home: Home, history: Path) -> None:
    """Carry out one stage as the command line does."""
    domain = tiny_domain()
    if stage == "ingest":
        stages.ingest(domain, home, [history])
    elif stage == "dataset":
        stages.build_dataset(domain, home)
    else:
        {"train": stages.train, "benchmark": stages.benchmark, "promote": stages.promote}[stage](domain, home)


if __name__ == "__main__":
    from domain_ft_tests.faults.snapshot import snapshot

    world = Home.from_environment()
    run_stage(sys.argv[1], world, world.root.parent / HISTORY)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(snapshot(world)))
