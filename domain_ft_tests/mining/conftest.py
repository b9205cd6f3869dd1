"""Small histories written as timelines: one letter per build (P F E S B, `.` = not run)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import pytest

from domain_ft.history.tables import BUILDS, RUNS, TESTS, History, canonical, history_digest, write_history
from domain_ft.store.publish import publish_folder

WORDS = {"P": "pass", "F": "fail", "E": "error", "S": "skipped", "B": "blocked"}


class HistoryOf(Protocol):
    """What the fixture `history_of` gives."""

    def __call__(
        self,
        timelines: Mapping[str, str],
        *,
        changes: Mapping[int, str] | None = None,
        paths: Mapping[int, list[str]] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> History: ...


@pytest.fixture(scope="session")
def history_of() -> HistoryOf:
    """Test ids to timelines over builds b000, b001 ..., an hour apart; texts are `change 0` ... unless given."""

    def build(
        timelines: Mapping[str, str],
        *,
        changes: Mapping[int, str] | None = None,
        paths: Mapping[int, list[str]] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> History:
        changes, paths, texts = changes or {}, paths or {}, texts or {}
        start = datetime(2026, 1, 1, tzinfo=UTC)
        builds = [
            (f"b{i:03d}", "s", start + timedelta(hours=i), [], changes.get(i, f"change {i}"), paths.get(i, []))
            for i in range(max(map(len, timelines.values()), default=0))
        ]
        runs = [
            (f"b{i:03d}", test, WORDS[letter], None)
            for test, line in timelines.items()
            for i, letter in enumerate(line)
            if letter != "."
        ]
        tests = [(test, "s", texts.get(test, f"text of {test}")) for test in timelines]
        frame = {"builds": (builds, BUILDS), "tests": (tests, TESTS), "runs": (runs, RUNS)}
        return canonical(
            History(**{n: pl.DataFrame(rows, schema=schema, orient="row") for n, (rows, schema) in frame.items()})
        )

    return build


@pytest.fixture(scope="session")
def in_training() -> Callable[[History], pl.DataFrame]:
    """Splits that put every build into training."""
    return lambda history: history.builds.select("build_id", split=pl.lit("train"), reason=pl.lit(None, pl.String))


@pytest.fixture(scope="session")
def shuffled() -> Callable[[History, int], History]:
    """The same history with the rows of its tables in another order."""

    def shuffle(history: History, seed: int) -> History:
        tables = history.tables().items()
        return History(**{name: table.sample(fraction=1, shuffle=True, seed=seed) for name, table in tables})

    return shuffle


@pytest.fixture
def publish_raw(tmp_path: Path) -> Callable[[History], Path]:
    """Publish a history as the landing does; gives its folder."""

    def publish(history: History) -> Path:
        digest = history_digest(history)

        def write(folder: Path) -> dict[str, Any]:
            write_history(folder, history)
            return {"kind": "history", "digest": digest[:12], "content_digest": digest}

        return publish_folder(tmp_path / "raw" / digest[:12], write)

    return publish
