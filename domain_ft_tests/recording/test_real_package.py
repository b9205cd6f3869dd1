"""A package of the index, installed together with its tests, is recorded; the loop learns from what comes of it."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.domains import find_embedding_domain
from domain_ft.history.relevance import label_runs
from domain_ft.history.tables import read_history
from domain_ft.landing.settings import SourceSettings
from domain_ft.recording.record import record_history
from domain_ft.recording.settings import RecordingSettings
from domain_ft.store.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def graphene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that consists of the installed package: its own copy must hide the installed one."""
    spec = importlib.util.find_spec("graphene")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("graphene is not installed; it comes with mlflow")
    package = Path(spec.submodule_search_locations[0])
    if not (package / "types" / "tests").is_dir():
        pytest.skip(f"{package} was installed without its tests")
    repo = tmp_path_factory.mktemp("real") / "graphene-project"
    shutil.copytree(package, repo / "graphene")
    return repo


def test_a_real_package_gives_a_history_that_breaks_and_mends_and_triplets_of_it(graphene: Path, home: Home) -> None:
    settings = RecordingSettings(changes=20, source=Path("graphene/types"), tests=Path("graphene/types"))
    recorded = record_history(graphene, settings, SourceSettings(), home, landing=home.landing("test_history"))
    report = recorded.as_json()
    print(json.dumps(report))
    assert report["tests"] > 200
    assert report["changes"]["used"] >= 18
    assert report["changes"]["killed"] >= 10
    domain = find_embedding_domain("test_history")
    ingested = stages.ingest(domain, home, [recorded.path])
    labelled = label_runs(read_history(ingested.path), "flip")["slice"].value_counts()
    turns = dict(labelled.iter_rows())
    assert turns["break"] > 20
    assert turns["fix"] > 20
    dataset = stages.build_dataset(domain, home).as_json()
    print(json.dumps({"turns": turns, "triplets": dataset["counts"]}))
    assert dataset["counts"]["train"] > 20
    assert not any(dataset["leakage"].values())
