"""Real processes that meet in one registry."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.registry.compare import compare
from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home
from domain_ft_tests.faults.at_once import at_once

Publish = Callable[..., Path]
RECORDING = """
from domain_ft.registry.record import record_training
import mlflow
"""
RECORD = 'print(record_training(home, "test_history", home.models("test_history") / %r).number)'
PROMOTING = """
from domain_ft.registry import promote
from domain_ft.registry.settings import PromotionSettings
import mlflow
meet(promote, "decide_promotion")
"""
PROMOTE = 'print(json.dumps(promote.promote(home, "test_history", Path(%r), PromotionSettings()).promoted))'


@pytest.mark.slow
def test_three_processes_at_once_make_one_store_and_one_version_each(home: Home, publish_model: Publish) -> None:
    """Two of them even record the same model: it becomes one version."""
    versions = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "bbbbbbbbbbbb"]
    for version in versions:
        publish_model(version)
    answers = at_once(home, [RECORD % version for version in versions], before=RECORDING)
    assert [answer.code for answer in answers] == [0, 0, 0]
    numbers = [answer.said for answer in answers]
    assert sorted(set(numbers)) == [1, 2]
    assert numbers[1] == numbers[2]
    assert sorted(row.version for row in compare(home, "test_history").versions) == sorted(set(versions))
    with open_registry(home, "test_history") as registry:
        assert len(registry.client.search_experiments(filter_string="name LIKE 'domain_ft%'")) == 1
        assert len(registry.client.search_runs([registry.experiment_id])) == 2


@pytest.mark.slow
def test_of_two_promoters_at_once_one_wins_and_the_other_is_told_to_benchmark_again(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    """Both candidates beat the base while there is no champion: the second one has not beaten the first.

    Who decides first waits for the other between the look at the standing and the move: without the lock around both,
    each would see no champion, and both would win.
    """
    candidates = ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]
    for version in candidates:
        publish_model(version)
    work = [PROMOTE % str(publish_benchmark(version)) for version in candidates]
    answers = [answer.said for answer in at_once(world, work, before=PROMOTING)]
    assert sorted(answers) == [False, True]
    standing = compare(world, "test_history")
    assert standing.champion == candidates[answers.index(True)]
    assert standing.challenger == candidates[answers.index(False)]


@pytest.mark.parametrize(
    "module", ["promote", "rollback", "compare", "record", "owed", "store", "tracking", "settings"]
)
def test_importing_the_registry_imports_no_heavy_library(module: str) -> None:
    heavy = ("mlflow", "torch", "transformers", "polars", "pandas", "dagster", "sqlalchemy")
    ask = f"import sys, domain_ft.registry.{module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
