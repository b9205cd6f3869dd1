"""A world in which a training takes seconds: a tiny random BERT, and a history that teaches the areas' code names."""

import os
import shutil

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.train_model import describe_job
from domain_ft.history.tables import BUILDS, RUNS, TESTS, History, history_digest, write_history
from domain_ft.store.digests import sha256_file
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder, read_manifest
from domain_ft.training.progress import TrainingEvent
from domain_ft.training.stop import StopRequest
from domain_ft_tests.tiny_model import make_tiny_model

DOMAIN = "tiny"
_OF_A_HISTORY = {
    "made_from": "history",
    "relevance": {"name": "flip", "meaning": "the test's verdict changed"},
    "settings": {"relevance": "flip"},
}
AREAS = ("login", "invoice", "search", "upload", "report", "calendar", "payment", "profile")
CODES = ("amber", "birch", "cedar", "delta", "ember", "flint", "grove", "hazel")
"""What a change calls each area: the tests never say so, only the history tells."""
VERBS = ("opens", "saves", "sorts", "prints", "locks", "sends")
PLAIN = ("the", "page", "change", "fix", "test")
TINY = {
    "base_model": "tiny_bert",
    "precision": "fp32",
    "device": "cpu",
    "direction": "both",
    "epochs": 2,
    "batch_size": 8,
    "max_seq_length": 16,
    "learning_rate": 1e-3,
    "logging_steps": 1,
    "validation_queries": 10,
    "validation_tests": 50,
}


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer BERT with a WordPiece tokenizer, as a sentence-transformers folder."""
    folder = tmp_path_factory.mktemp("base") / "tiny_bert"
    make_tiny_model(folder, (*AREAS, *CODES, *VERBS, *PLAIN), layers=2, max_seq_length=32)
    return folder


@pytest.fixture
def world(home: Home, tiny_bert: Path) -> "World":
    """A state root with the tiny base model, a raw history and a dataset mined from it."""
    shutil.copytree(tiny_bert, home.root / "tiny_bert")
    return World(home)


class World:
    """Data for trainings in one state root."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.dataset = publish_tiny_dataset(home)

    def copy(self, model: Path) -> None:
        """Bring a model's folder into the state root."""
        shutil.copytree(model, self.home.root / model.name)

    def settings(self, **changes: Any) -> TrainingSettings:
        """Settings of a training of seconds, with changes."""
        return TrainingSettings.model_validate({**TINY, **changes})

    def job(self, **changes: Any) -> EmbeddingJob:
        """The job of a training."""
        return describe_job(domain=DOMAIN, home=self.home, dataset=self.dataset, settings=self.settings(**changes))

    def fit(self, stop_at: int | None = None, **changes: Any) -> "Fitted":
        """Train in this process; with `stop_at`, ask for a stop so that it is heard at the end of that step."""
        from domain_ft.embedding.fit import fit

        stop, events = StopRequest(), []

        def report(event: TrainingEvent) -> None:
            events.append(event)
            if event.kind == "log" and stop_at == event.step + 1:
                stop.ask("the test")

        job = self.job(**changes)
        job.work.mkdir(parents=True, exist_ok=True)
        path = fit(job, report, stop)
        assert path is not None
        return Fitted(path, events)

    def fit_elsewhere(self, **changes: Any) -> "Fitted":
        """The same training in a state root of its own, where nothing was trained before."""
        root = self.home.root.parent / "elsewhere"
        root.mkdir()
        shutil.copytree(self.home.root / "tiny_bert", root / "tiny_bert")
        return World(Home(root)).fit(**changes)


@dataclass(frozen=True)
class Fitted:
    """A published model and the events of its training."""

    path: Path
    events: list[TrainingEvent]

    @property
    def manifest(self) -> dict[str, Any]:
        return read_manifest(self.path)

    @property
    def weights(self) -> str:
        return sha256_file(self.path / "model.safetensors")

    def of(self, kind: str) -> list[TrainingEvent]:
        return [event for event in self.events if event.kind == kind]


def text_of_test(area: str, verb: str) -> str:
    return f"the {area} page {verb} the test page fix the {verb} change"


def tiny_history(builds: int = 60) -> History:
    """Each build changes one area, by its code name, and breaks or mends a test of it."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    tests = [(f"t-{area}-{verb}", "s", text_of_test(area, verb)) for area in AREAS for verb in VERBS]
    state = dict.fromkeys((name for name, _, _ in tests), "pass")
    build_rows, runs = [], []
    for number in range(builds):
        area, verb = AREAS[number % len(AREAS)], VERBS[(number // len(AREAS)) % len(VERBS)]
        flipped = f"t-{area}-{verb}"
        state[flipped] = "fail" if state[flipped] == "pass" else "pass"
        text = f"fix {number} {CODES[number % len(AREAS)]}"
        build_rows.append((f"b{number:03}", "s", start + timedelta(days=number), [], text, []))
        runs += [(f"b{number:03}", name, verdict, None) for name, verdict in state.items()]
    return History(
        pl.DataFrame(build_rows, BUILDS, orient="row"),
        pl.DataFrame(tests, TESTS, orient="row"),
        pl.DataFrame(runs, RUNS, orient="row"),
    )


def publish_tiny_dataset(home: Home, builds: int = 60, rows: Callable[[], pl.DataFrame] | None = None) -> Path:
    history = tiny_history(builds)
    digest = history_digest(history)[:12]

    def write_raw(folder: Path) -> dict[str, Any]:
        write_history(folder, history)
        return {"kind": "history", "digest": digest}

    publish_folder(home.raw(DOMAIN) / digest, write_raw)
    ids, texts = history.builds["build_id"].to_list(), history.builds["change_text"].to_list()
    split = ["train"] * (builds - 20) + ["validation"] * 10 + ["test"] * 10
    triplets = [
        (text_of_test(AREAS[n % len(AREAS)], verb), texts[n], texts[(n + 3 + k) % (builds - 20)], f"t{n}", ids[n],
         ids[(n + 3 + k) % (builds - 20)], split[n], "break")
        for n in range(builds - 20)
        for k, verb in enumerate(VERBS[:2])
    ]  # fmt: skip
    columns = ["anchor", "positive", "negative", "test_id", "positive_build", "negative_build", "split", "slice"]

    def write_dataset(folder: Path) -> dict[str, Any]:
        (pl.DataFrame(triplets, columns, orient="row") if rows is None else rows()).write_parquet(
            folder / "triplets.parquet"
        )
        pl.DataFrame({"build_id": ids, "split": split, "reason": [None] * builds}).write_parquet(
            folder / "builds.parquet"
        )
        return {"kind": "triplets", "digest": f"d{digest[1:]}", "raw": digest, **_OF_A_HISTORY}

    return publish_folder(home.triplets(DOMAIN) / f"d{digest[1:]}", write_dataset)


def with_fewer_negatives(dataset: Path, every: int | None) -> Path:
    """The dataset with a negative in every n-th row only, or in none."""
    kept = pl.lit(False) if every is None else pl.int_range(pl.len()) % every == 0
    triplets = pl.read_parquet(dataset / "triplets.parquet")
    return published_beside(dataset, triplets.with_columns(negative=pl.when(kept).then("negative")))


def published_beside(dataset: Path, triplets: pl.DataFrame) -> Path:
    """The dataset anew, with other triplets."""
    manifest = read_manifest(dataset)

    def write(folder: Path) -> dict[str, Any]:
        triplets.write_parquet(folder / "triplets.parquet")
        shutil.copy(dataset / "builds.parquet", folder)
        return {**manifest, "digest": f"e{manifest['digest'][1:]}"}

    return publish_folder(dataset.with_name(f"e{dataset.name[1:]}"), write)
