"""A small world to look at: a champion made by the stages themselves, and a newer history that has landed since.

    python -m domain_ft_tests.browser.world     (on the state root of DOMAIN_FT_HOME)

A process of its own, so that whoever looks need not carry torch and MLflow.
"""

import csv
import os
from pathlib import Path

from domain_ft import stages
from domain_ft.history.sample.write import write_sample
from domain_ft.store.home import Home
from domain_ft_tests.faults.campaign import SAMPLE, sample_words
from domain_ft_tests.faults.worker import BASE, HISTORY, NAME, SETTINGS, benchmark, dataset, promote, tiny_domain, train
from domain_ft_tests.tiny_model import make_tiny_model

SINCE = "since.csv"
SINCE_BUILDS = 60
BROKEN = 5
SECOND = {**SETTINGS, "training.seed": 7, "training.save_steps": 100, "training.eval_steps": 100}
"""Settings of the second version, which a person gives in the Launchpad."""


def make_world(home: Home) -> None:
    """Write the base model, make the first version, let the newest builds land."""
    make_tiny_model(home.root / BASE, sample_words())
    whole = write_sample(home.root / "whole.csv", **SAMPLE | {"builds": SAMPLE["builds"] + SINCE_BUILDS}).path
    before, since = home.root / HISTORY, home.root / SINCE
    cut_newest_builds(whole, SINCE_BUILDS, before, since)
    stages.ingest(tiny_domain(), home, [before])
    for stage in (dataset, train, benchmark, promote):
        stage(home)
    landed = since.rename(home.landing(NAME) / SINCE)
    os.utime(landed, (0, 0))


def cut_newest_builds(whole: Path, newest: int, before: Path, since: Path) -> None:
    """Write a history as two files: without its newest builds, and those (with some rows that cannot be used)."""
    with whole.open(newline="") as file:
        header, *rows = csv.reader(file)
    build, started = header.index("Build_ID"), header.index("Build_Test_Start_Date")
    first_seen = {row[build]: row[started] for row in reversed(rows)}
    cut = sorted(first_seen.values())[-newest]
    old, new = ([row for row in rows if (first_seen[row[build]] >= cut) is late] for late in (False, True))
    broken = [[""] * len(header)] * BROKEN
    for path, kept in ((before, old), (since, new + broken)):
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *kept])


if __name__ == "__main__":
    make_world(Home.from_environment())
