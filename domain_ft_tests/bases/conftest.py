"""A domain that compares two tiny base models, with a dataset; trainings take place in the test's own process."""

import functools
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain_ft import stages
from domain_ft.bases import train as bases_train
from domain_ft.domain import Domain
from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.train_model import train_embedding_model
from domain_ft.history.sample.write import write_sample
from domain_ft.store.home import HOME_VARIABLE, Home
from domain_ft.training.progress import OnEvent
from domain_ft.training.stop import StopRequest
from domain_ft_tests.tiny_model import make_tiny_model

YAML = """\
type: domain_ft.components.EmbeddingDomain
attributes:
  name: my_history
  base_models: [small, bases/large]
  triplets: {minimum: 1}
  training:
    base_model: small
    precision: fp32
    device: cpu
    max_seq_length: 16
    batch_size: 8
    max_steps: 2
    learning_rate: 1e-3
    logging_steps: 1
  benchmark: {resamples: 200, latency_runs: 0, general_ability: "off"}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A state root for a file of tests, with a dataset and two base models."""
    root = tmp_path_factory.mktemp("world")
    make_tiny_model(root / "small")
    make_tiny_model(root / "bases" / "large", ("basket", "price", "order"), hidden_size=64, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(root))
        patch.setenv("DAGSTER_HOME", str(root / ".state" / "dagster"))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(bases_train, "train_embedding_model", functools.partial(train_embedding_model, run=train_here))
        yield Home.from_environment()


@pytest.fixture(scope="module")
def domain(home: Home) -> Domain:
    """The domain, its history read and its triplets mined."""
    file = home.root / "defs" / "my_history" / "defs.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(YAML)
    domain = Domain.load(file)
    history = write_sample(home.root / "sample.csv", builds=100, tests=40, seed=1, signal=1.0).path
    stages.ingest(domain, home, [history])
    stages.build_dataset(domain, home)
    return domain


def train_here(job: EmbeddingJob, *, on_event: OnEvent, **_: Any) -> None:
    """A training without a process of its own."""
    from domain_ft.embedding.fit import fit

    job.work.mkdir(parents=True, exist_ok=True)
    fit(job, on_event, StopRequest())


def pointers(home: Home, domain: Domain) -> list[str]:
    """The pointers that stand beside models and benchmarks."""
    folders = (home.models(domain.name), home.benchmarks(domain.name))
    return [link.name for folder in folders for link in Path(folder).iterdir() if link.is_symlink()]
