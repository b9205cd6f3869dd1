"""A world in which the training of an adapter takes seconds: a tiny random Llama, and short records."""

import os
import shutil

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.train_adapter import describe_job
from domain_ft.json_text import quick_json
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.rendering import gold_text
from domain_ft.store.digests import sha256_file, sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder, read_manifest
from domain_ft.training.progress import TrainingEvent
from domain_ft.training.stop import StopRequest
from domain_ft_tests.landed_requirements import DOMAIN
from domain_ft_tests.llm.tiny_causal import make_tiny_causal
from domain_ft_tests.requirements.records import items, sound

RECORDS, TRAIN, VALIDATION = 16, 12, 3
TINY = {
    "base_model": "tiny_llama",
    "quantization": "fp32",
    "device": "cpu",
    "epochs": 2,
    "batch_size": 2,
    "gradient_accumulation_steps": 2,
    "max_length": 512,
    "lora_r": 4,
    "lora_alpha": 8,
    "learning_rate": 1e-2,
    "logging_steps": 1,
    "val_limit": 2,
}


THINGS = ("book", "boat", "lamp", "tent", "kite", "drum", "rope", "bell")
PLACES = ("shop", "school")


def record_of(number: int) -> dict[str, Any]:
    """A record about one thing at one place."""
    thing, place = THINGS[number % len(THINGS)], PLACES[number // len(THINGS)]
    concept = f"Returns desk of a {thing} {place}"
    record = sound(
        title=concept,
        description=f"A desk that takes back each {thing} within thirty days and pays the customer of the {place}.",
        functional_requirements=items("FR", f"Take back a {thing}", f"Pay for a {thing}{' again' * (number % 3)}"),
        non_functional_requirements=items("NFR", f"Find a {thing} in a second", f"Keep what a {place} did"),
        constraints=items("C", f"Run in the {place}", f"Follow the law for a {thing}"),
    )
    return {**record, "concept_id": f"BCON-{number:04d}", "concept": concept}


@pytest.fixture(scope="session")
def records() -> list[dict[str, Any]]:
    """Sound records that say little."""
    return [record_of(number) for number in range(RECORDS)]


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]) -> Path:
    """A random one-layer Llama whose tokens are those of the prompt and of the records."""
    texts = [DEFAULT_PROMPT.system, DEFAULT_PROMPT.user, *(str(gold_text(record)) for record in records)]
    return make_tiny_causal(tmp_path_factory.mktemp("base") / "tiny_llama", texts=texts, positions=1024, vocabulary=900)


@pytest.fixture
def world(home: Home, tiny_llama: Path, records: list[dict[str, Any]]) -> "World":
    """A state root with the tiny base model and a published dataset."""
    shutil.copytree(tiny_llama, home.root / "tiny_llama")
    return World(home, records)


class World:
    """Data for trainings in one state root."""

    def __init__(self, home: Home, records: Sequence[dict[str, Any]]) -> None:
        self.home, self.records = home, list(records)
        self.dataset = publish_records(home, self.records)

    @property
    def base(self) -> Path:
        """The folder of the base model."""
        return self.home.root / "tiny_llama"

    def settings(self, **changes: Any) -> AdapterTrainingSettings:
        """Settings of a training of seconds, with changes."""
        return AdapterTrainingSettings.model_validate({**TINY, **changes})

    def job(self, **changes: Any) -> AdapterJob:
        """The job of a training."""
        return describe_job(domain=DOMAIN, home=self.home, dataset=self.dataset, settings=self.settings(**changes))

    def fit(self, stop_at: int | None = None, stop_when: str = "log", **changes: Any) -> "Fitted":
        """Train in this process; with `stop_at`, ask for a stop so that it is heard at the end of that step.

        With `stop_when="checkpoint"` it is heard after the first checkpoint of that step, before its evaluation.
        """
        from domain_ft.adapter.fit import fit

        stop, events = StopRequest(), []

        def report(event: TrainingEvent) -> None:
            events.append(event)
            if event.kind == stop_when and stop_at == event.step + (stop_when == "log"):
                stop.ask("the test")

        job = self.job(**changes)
        job.work.mkdir(parents=True, exist_ok=True)
        return Fitted(fit(job, report, stop), events)

    def fit_elsewhere(self, **changes: Any) -> "Fitted":
        """The same training in a state root of its own, where nothing was trained before."""
        root = self.home.root.parent / "elsewhere"
        root.mkdir()
        shutil.copytree(self.base, root / self.base.name)
        return World(Home(root), self.records).fit(**changes)


@dataclass(frozen=True)
class Fitted:
    """A published adapter and the events of its training."""

    path: Path
    events: list[TrainingEvent]

    @property
    def manifest(self) -> dict[str, Any]:
        return read_manifest(self.path)

    @property
    def weights(self) -> str:
        return sha256_file(self.path / "adapter_model.safetensors")

    def of(self, kind: str) -> list[TrainingEvent]:
        return [event for event in self.events if event.kind == kind]


def publish_records(home: Home, records: Sequence[dict[str, Any]]) -> Path:
    """A dataset of the records, in their order: train, validation, and the rest is test."""
    parts = {
        "train": records[:TRAIN],
        "validation": records[TRAIN : TRAIN + VALIDATION],
        "test": records[TRAIN + VALIDATION :],
    }
    digest = short(sha256_json(list(records)))

    def write(folder: Path) -> dict[str, Any]:
        for name, found in parts.items():
            (folder / f"{name}.jsonl").write_text("".join(f"{quick_json(each)}\n" for each in found))
        return {"digest": digest, "raw": digest, "made_from": "requirements", "settings": {}}

    return publish_folder(home.fixed(DOMAIN) / digest, write)
