"""Small histories as timelines, tasks written by hand, and an encoder that only counts words."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
import pytest

from domain_ft.evaluation.task import Pairs, RetrievalTask
from domain_ft.history.tables import BUILDS, RUNS, TESTS, History, canonical, history_digest, write_history
from domain_ft.mining.dataset import build_history_dataset
from domain_ft.mining.settings import TripletSettings
from domain_ft.store.publish import publish_folder
from domain_ft.store.vectors import Encode, FloatArray
from domain_ft.words import words

WORDS = {"P": "pass", "F": "fail", "E": "error", "S": "skipped", "B": "blocked"}
DIMENSION = 64


class HistoryOf(Protocol):
    """What the fixture `history_of` gives."""

    def __call__(
        self,
        timelines: Mapping[str, str],
        *,
        changes: Mapping[int, str] | None = None,
        texts: Mapping[str, str] | None = None,
        scopes: Mapping[int, str] | None = None,
    ) -> History: ...


class TaskOf(Protocol):
    """What the fixture `task_of` gives."""

    def __call__(
        self,
        relevant: Sequence[Sequence[int]],
        *,
        items: int = 20,
        unaffected: Sequence[Sequence[int]] | None = None,
        clusters: Sequence[int] | None = None,
        texts: tuple[Sequence[str], Sequence[str]] | None = None,
    ) -> RetrievalTask: ...


@pytest.fixture(scope="session")
def history_of() -> HistoryOf:
    """Test ids to timelines over builds b000, b001 ..., an hour apart (`.` = not run); `change 0` ... unless given."""

    def build(
        timelines: Mapping[str, str],
        *,
        changes: Mapping[int, str] | None = None,
        texts: Mapping[str, str] | None = None,
        scopes: Mapping[int, str] | None = None,
    ) -> History:
        changes, texts, scopes = changes or {}, texts or {}, scopes or {}
        start = datetime(2026, 1, 1, tzinfo=UTC)
        builds = [
            (f"b{i:03d}", scopes.get(i, "s"), start + timedelta(hours=i), [], changes.get(i, f"change {i}"), [])
            for i in range(max(map(len, timelines.values())))
        ]
        runs = [
            (f"b{i:03d}", test, WORDS[letter], None)
            for test, line in timelines.items()
            for i, letter in enumerate(line)
            if letter != "."
        ]
        scope_of = {test: next((scopes.get(i, "s") for i, x in enumerate(line) if x != "."), "s")
                    for test, line in timelines.items()}  # fmt: skip
        tests = [(test, scope_of[test], texts.get(test, f"text of {test}")) for test in timelines]
        frame = {"builds": (builds, BUILDS), "tests": (tests, TESTS), "runs": (runs, RUNS)}
        return canonical(
            History(**{n: pl.DataFrame(rows, schema=schema, orient="row") for n, (rows, schema) in frame.items()})
        )

    return build


@pytest.fixture(scope="session")
def splits_of() -> Callable[[Mapping[str, str]], pl.DataFrame]:
    """Build ids to split names, as the table of builds holds them."""

    def build(splits: Mapping[str, str]) -> pl.DataFrame:
        return pl.DataFrame({"build_id": list(splits), "split": list(splits.values())})

    return build


@pytest.fixture(scope="session")
def task_of() -> TaskOf:
    """A task with one corpus for all queries; `relevant` and `unaffected` name items per query."""

    def pairs(per_query: Sequence[Sequence[int]]) -> Pairs:
        flat = [(query, item) for query, items in enumerate(per_query) for item in sorted(items)]
        table = np.array(flat, dtype=np.int64).reshape(-1, 2)
        return Pairs(table[:, 0], table[:, 1])

    def build(
        relevant: Sequence[Sequence[int]],
        *,
        items: int = 20,
        unaffected: Sequence[Sequence[int]] | None = None,
        clusters: Sequence[int] | None = None,
        texts: tuple[Sequence[str], Sequence[str]] | None = None,
    ) -> RetrievalTask:
        total = len(relevant)
        queries, tests = texts or ([f"change {i}" for i in range(total)], [f"test {i}" for i in range(items)])
        positive = pairs(relevant)
        return RetrievalTask(
            query_ids=tuple(f"b{i}" for i in range(total)),
            query_texts=tuple(queries),
            clusters=np.array(clusters if clusters is not None else range(total), dtype=np.int64),
            item_ids=tuple(f"t{i}" for i in range(len(tests))),
            item_texts=tuple(tests),
            first=np.zeros(total, dtype=np.int64),
            stop=np.full(total, len(tests), dtype=np.int64),
            relevant=positive,
            unaffected=pairs(unaffected or [[] for _ in relevant]),
            slices={"fixes": np.ones(len(positive), dtype=bool)},
            counts={"builds": total, "ranked": total},
        )

    return build


@pytest.fixture(scope="session")
def bag_of_words() -> Encode:
    """Texts as unit vectors of hashed words: equal words make texts close, and nothing else does."""

    def encode(texts: Sequence[str]) -> FloatArray:
        vectors = np.full((len(texts), DIMENSION), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                vectors[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % DIMENSION] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return encode


@pytest.fixture(scope="session")
def blind() -> Encode:
    """An encoder that maps texts to unrelated directions: no better than chance."""

    def encode(texts: Sequence[str]) -> FloatArray:
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
        vectors = np.stack([np.random.default_rng(seed).normal(size=DIMENSION) for seed in seeds])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    return encode


@pytest.fixture(scope="session")
def areas(history_of: HistoryOf) -> History:
    """Forty builds, each of which changes one of eight areas and flips that area's three tests."""
    names = ["cart", "login", "search", "invoice", "upload", "mail", "report", "profile"]
    lines = {f"{name}-{number}": ["PF"[place % 2]] * 40 for place, name in enumerate(names) for number in range(3)}
    for build in range(1, 40):
        for number in range(3):
            line = lines[f"{names[build % 8]}-{number}"]
            line[build:] = ["P" if line[build - 1] == "F" else "F"] * (40 - build)
    return history_of(
        {test: "".join(line) for test, line in lines.items()},
        changes={build: f"rework {names[build % 8]} in step {build}" for build in range(40)},
        texts={test: f"{test.split('-')[0]} shows item {test[-1]}" for test in lines},
    )


@pytest.fixture(scope="session")
def published(areas: History, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The raw tables and the dataset of `areas`, as folders."""
    root = tmp_path_factory.mktemp("areas")
    raw = root / "raw" / "r1"

    def write(folder: Path) -> dict[str, Any]:
        write_history(folder, areas)
        return {"kind": "history", "digest": "r1", "content_digest": history_digest(areas)}

    publish_folder(raw, write)
    settings = TripletSettings.model_validate({"minimum": 1, "max_per_build": None, "flaky_threshold": 1})
    return raw, build_history_dataset(raw, root / "triplets", settings).path
