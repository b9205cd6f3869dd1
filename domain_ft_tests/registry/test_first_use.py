"""Real processes that meet in one registry."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.registry.compare import compare
from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home

Publish = Callable[..., Path]
RECORD = """
import sys
from pathlib import Path
from domain_ft.registry.record import record_training
from domain_ft.store.home import Home
home = Home(Path(sys.argv[1]))
print(record_training(home, "test_history", home.models("test_history") / sys.argv[2]).number)
"""
PROMOTE = """
import sys
from pathlib import Path
from domain_ft.registry.promote import promote
from domain_ft.registry.settings import PromotionSettings
from domain_ft.store.home import Home
print(promote(Home(Path(sys.argv[1])), "test_history", Path(sys.argv[2]), PromotionSettings()).promoted)
"""


def test_three_processes_at_once_make_one_store_and_one_version_each(home: Home, publish_model: Publish) -> None:
    """Two of them even record the same model: it becomes one version."""
    versions = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "bbbbbbbbbbbb"]
    for version in versions:
        publish_model(version)
    line = [sys.executable, "-c", RECORD, str(home.root)]
    started = [subprocess.Popen([*line, version], stdout=subprocess.PIPE, text=True) for version in versions]
    numbers = [process.communicate(timeout=300)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert sorted(set(numbers)) == ["1", "2"]
    assert numbers[1] == numbers[2]
    assert sorted(row.version for row in compare(home, "test_history").versions) == sorted(set(versions))
    with open_registry(home, "test_history") as registry:
        assert len(registry.client.search_experiments(filter_string="name LIKE 'domain_ft%'")) == 1
        assert len(registry.client.search_runs([registry.experiment_id])) == 2


def test_of_two_promoters_at_once_one_wins_and_the_other_is_told_to_benchmark_again(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    """Both candidates beat the base while there is no champion: the second one has not beaten the first."""
    candidates = ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]
    for version in candidates:
        publish_model(version)
    line = [sys.executable, "-c", PROMOTE, str(world.root)]
    started = [
        subprocess.Popen([*line, str(publish_benchmark(version))], stdout=subprocess.PIPE, text=True)
        for version in candidates
    ]
    answers = [process.communicate(timeout=300)[0].strip() for process in started]
    assert sorted(answers) == ["False", "True"]
    standing = compare(world, "test_history")
    assert standing.champion == candidates[answers.index("True")]
    assert standing.challenger == candidates[answers.index("False")]


@pytest.mark.parametrize(
    "module", ["promote", "rollback", "compare", "record", "owed", "store", "tracking", "settings"]
)
def test_importing_the_registry_imports_no_heavy_library(module: str) -> None:
    heavy = ("mlflow", "torch", "transformers", "polars", "pandas", "dagster", "sqlalchemy")
    ask = f"import sys, domain_ft.registry.{module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
