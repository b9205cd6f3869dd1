"""Two at once: nothing is lost, nothing is seen half, and each ends with its work done or with a sentence."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.history.sample.write import write_sample
from domain_ft.registry.compare import compare
from domain_ft.registry.record import record_training
from domain_ft.store.digests import sha256_file
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed, read_manifest, verify_folder
from domain_ft_tests.faults.at_once import at_once, ingesting
from domain_ft_tests.landed_history import history
from domain_ft_tests.registry.conftest import empty_store, publish_benchmark, publish_model, world
from domain_ft_tests.tiny_model import make_tiny_model

__all__ = ["empty_store", "publish_benchmark", "publish_model", "world"]
DOMAIN = "test_history"
Publish = Callable[..., Path]
CLEANING = """
from domain_ft.retention import plan
from domain_ft.retention.clean import clean_domain
plan.SETTLING_S = 1  # a minute of the real world in a second of this test
removed = []
for _ in range(60):
    found = clean_domain(home, "test_history", 1)
    removed += [removal.path.name for removal in found.removed]
    time.sleep(0.05)
print(json.dumps(removed))
"""


def written(folder: Path, name: str, first: int) -> Path:
    """A file of ten builds."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(history(first, 10))
    return file


def runs(home: Home) -> int:
    """How many runs the newest history holds; its folder is whole."""
    folder = pointed(home.raw(DOMAIN) / "current")
    assert folder is not None
    verify_folder(folder)
    return pl.read_parquet(folder / "runs.parquet").height


def kept(home: Home) -> list[str]:
    """The contents in the landing folder."""
    return sorted(sha256_file(path) for path in home.landing(DOMAIN).glob("[!.]*"))


def test_files_that_are_ingested_at_once_are_all_there_afterwards(home: Home, tmp_path: Path) -> None:
    """Even if all of them bear the same name."""
    files = [written(tmp_path / str(number), "a.csv", 10 * number) for number in range(4)]
    answers = at_once(home, [ingesting(file) for file in files])
    assert [answer.code for answer in answers] == [0] * 4
    assert [answer.said["accepted"] for answer in answers] == [200] * 4
    assert runs(home) == 800
    assert kept(home) == sorted(sha256_file(file) for file in files)


def test_a_file_that_is_ingested_by_several_at_once_counts_once(home: Home, tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", 0)
    answers = at_once(home, [ingesting(file)] * 4)
    assert [answer.code for answer in answers] == [0] * 4
    assert sorted(answer.said["accepted"] for answer in answers) == [0, 0, 0, 200]
    assert runs(home) == 200
    assert kept(home) == [sha256_file(file)]


def test_files_that_are_kept_at_once_under_one_name_are_all_kept(home: Home, tmp_path: Path) -> None:
    """What all of them keep beside their own makes them meet again and again."""
    shared = [written(tmp_path / "shared", f"shared-{i}.csv", 100 * i) for i in range(15)]
    own = [[written(tmp_path / str(n), f"{i}.csv", 1000 * (n + 2) + 10 * i) for i in range(15)] for n in range(4)]
    home.landing(DOMAIN).mkdir(parents=True)
    files = [[str(file) for both in zip(group, shared, strict=True) for file in both] for group in own]
    keeping = (
        "from domain_ft.landing.keep import keep_files\n"
        "for file in %r: keep_files([Path(file)], home.landing(domain.name), home.lock(f'landing-{domain.name}'))"
    )
    answers = at_once(home, [keeping % group for group in files])
    assert [answer.code for answer in answers] == [0] * 4
    assert kept(home) == sorted({sha256_file(Path(file)) for group in files for file in group})


@pytest.mark.slow
def test_what_is_ingested_while_something_cleans_is_all_there_afterwards(world: Home, tmp_path: Path) -> None:
    files = [written(tmp_path / str(number), "a.csv", 10 * number) for number in range(6)]
    one_by_one = "\n".join(f"{ingesting(file)}; time.sleep(0.4)" for file in files)
    ingested, cleaned = at_once(world, [one_by_one, CLEANING])
    assert (ingested.code, cleaned.code) == (0, 0), (ingested.said, cleaned.said)
    assert len(cleaned.said) >= 1
    assert runs(world) == 1200


@pytest.mark.slow
def test_a_promotion_while_something_cleans_leaves_a_champion_that_is_there(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    for number in range(6):
        model = publish_model(f"{number:012}")
        record_training(world, DOMAIN, model)
    point(world.models(DOMAIN) / "current", f"{5:012}")
    benchmark = publish_benchmark(f"{5:012}")
    promoting = f"print(json.dumps(stages.promote(domain, home, Path({str(benchmark)!r})).as_json()['champion']))"
    promoted, cleaned = at_once(world, [promoting, CLEANING], {"promotion.keep_versions": 1})
    assert (promoted.code, promoted.said, cleaned.code) == (0, f"{5:012}", 0)
    champion = pointed(world.models(DOMAIN) / "champion")
    assert champion is not None
    verify_folder(champion)
    assert {row.version: row.published for row in compare(world, DOMAIN).versions} == {
        f"{number:012}": number == 5 for number in range(6)
    }


@pytest.mark.slow
def test_two_trainings_of_different_things_are_both_published_and_registered(home: Home, tmp_path: Path) -> None:
    """MLflow is used for the first time, and by both at once."""
    make_tiny_model(home.root / "tiny")
    settings = {
        "triplets.minimum": 1,
        "training.base_model": "tiny",
        "training.precision": "fp32",
        "training.device": "cpu",
        "training.max_seq_length": 16,
        "training.max_steps": 2,
    }
    domain = find_domain(DOMAIN).with_overrides(settings)
    file = write_sample(tmp_path / "s.csv", builds=100, tests=40, seed=1, signal=1.0).path
    stages.ingest(domain, home, [file])
    stages.build_dataset(domain, home)
    training = "print(json.dumps(stages.train(domain.with_overrides({'training.seed': %d}), home).as_json()))"
    answers = at_once(home, [training % seed for seed in (1, 2)], settings)
    assert [answer.code for answer in answers] == [0, 0], [answer.said for answer in answers]
    versions = {answer.said["version"] for answer in answers}
    assert {row.version for row in compare(home, DOMAIN).versions if row.published} == versions
    assert len(versions) == 2
    current = pointed(home.models(DOMAIN) / "current")
    assert current is not None
    assert current.name in versions
    assert {read_manifest(home.models(DOMAIN) / version)["seed"] for version in versions} == {1, 2}
