"""Whatever bytes a file holds, reading it ends well or in our own error, and the counts add up.

The everyday run takes the same examples each time and a few seconds for each kind of file; the slow one takes new
ones for five seconds each, and names the seed of a failure.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from domain_ft.domain import Domain
from domain_ft.errors import DomainFtError
from domain_ft.landing.settings import SourceSettings
from domain_ft.store.publish import verify_folder
from domain_ft_tests.hostile.fuzzing import (
    COMMIT,
    PAIRS,
    REPORT,
    ROWS,
    SETTINGS,
    Rows,
    add_commit,
    as_array,
    hostile,
    new_repository,
    odd_cells,
    odd_parquets,
    odd_rows,
    odd_settings,
    packed,
    whole_parquets,
)
from domain_ft_tests.landing_world import Repository, World, as_csv, as_jsonl
from domain_ft_tests.pairs.landed_pairs import Folder

SLOW_SECONDS = 5
UNHURRIED: Any = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
Look = Callable[[bytes], None]


@dataclass(frozen=True)
class Kind:
    """A kind of input, what reads it, and how many examples of it are read every day."""

    contents: st.SearchStrategy[bytes]
    name: str
    examples: int = 50


def csv_of(rows: Rows) -> st.SearchStrategy[bytes]:
    content = as_csv(rows, list(rows[0]))
    return hostile(content, content.replace(b"\n", b"\r\n")) | odd_cells(rows[0])


def lines_of(rows: Rows) -> st.SearchStrategy[bytes]:
    return hostile(as_jsonl(*rows)) | odd_rows(rows[0], lambda written: as_jsonl(*written))


def array_of(rows: Rows) -> st.SearchStrategy[bytes]:
    return hostile(as_array(rows), as_array(rows, indent=1)) | odd_rows(rows[0], as_array)


def parquet_of_any(rows: Rows) -> st.SearchStrategy[bytes]:
    return hostile(*whole_parquets(rows)) | odd_parquets(rows)


CSV, JSONL = csv_of(ROWS), lines_of(ROWS)
KINDS = {
    "CSV": Kind(CSV, "history.csv"),
    "CSV, packed": Kind(packed(CSV), "history.csv.gz"),
    "JSONL": Kind(JSONL, "history.jsonl"),
    "JSONL, packed": Kind(packed(JSONL), "history.jsonl.gz"),
    "JSON array": Kind(array_of(ROWS), "history.json"),
    "Parquet": Kind(parquet_of_any(ROWS), "history.parquet"),
    "pairs, CSV": Kind(csv_of(PAIRS), "pairs.csv", examples=30),
    "pairs, JSONL": Kind(lines_of(PAIRS), "pairs.jsonl", examples=30),
    "pairs, JSON array": Kind(array_of(PAIRS), "pairs.json", examples=30),
    "pairs, Parquet": Kind(parquet_of_any(PAIRS), "pairs.parquet", examples=30),
    "JUnit": Kind(hostile(REPORT), "report.xml"),
    "commits": Kind(hostile(COMMIT), ""),
    "settings": Kind(hostile(*SETTINGS) | odd_settings(), "defs.yaml", examples=150),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a repository, whose first commit the reports name."""
    path = tmp_path_factory.mktemp("fuzz")
    new_repository(path / "repository")
    return path


def look_at(kind: str, folder: Path) -> Look:
    """How an input of some kind is read and judged."""
    if kind == "settings":
        return lambda content: load_settings(content, folder)
    if kind.startswith("pairs"):
        return lambda content: ingest_pairs(content, KINDS[kind].name, folder)
    if kind == "commits":
        return lambda content: ingest_commit(content, folder)
    if kind == "JUnit":
        sha = Repository(folder / "repository").git("rev-parse", "HEAD").encode()
        return lambda content: ingest_hostile(content.replace(b"%s", sha), KINDS[kind].name, folder)
    return lambda content: ingest_hostile(content, KINDS[kind].name, folder)


def ingest_hostile(content: bytes, name: str, folder: Path) -> None:
    """Ingest a file: in our own error nothing is published, otherwise every row is somewhere, with file, line, rule."""
    source = SourceSettings(repository=str(folder / "repository"))
    with TemporaryDirectory(dir=folder) as place:
        world = World(Path(place))
        try:
            result = world.land(content, name, source)
        except DomainFtError as error:
            judge_refusal(world.raw, name, str(error))
            return
        rejected = world.rejected()
        assert result.read == result.accepted + result.rejected + result.duplicates > 0
        assert (world.history().runs.height, rejected.height) == (result.accepted, result.rejected)
        assert rejected.select("source_file", "line", "rule", "raw", "advice").null_count().sum_horizontal().item() == 0
        verify_folder(result.path)


def ingest_pairs(content: bytes, name: str, folder: Path) -> None:
    """The same of a file of pairs."""
    with TemporaryDirectory(dir=folder) as place:
        landed = Folder(Path(place))
        try:
            result = landed.land_file(content, name)
        except DomainFtError as error:
            judge_refusal(landed.raw, name, str(error))
            return
        assert result.read == result.accepted + result.rejected + result.duplicates > 0
        assert (landed.pairs().height, len(landed.rejected())) == (result.accepted, result.rejected)
        assert all(line and rule for line, _, rule in landed.rejected())
        verify_folder(result.path)


def judge_refusal(raw: Path, name: str, sentence: str) -> None:
    """The sentence names the file, and nothing is left of it but the rejected rows of a file without a good one."""
    assert name in sentence
    assert not (raw / "current").is_symlink()
    assert {path.name for path in raw.iterdir()} <= {".ingest.lock"}


def ingest_commit(content: bytes, folder: Path) -> None:
    """Ingest a report whose commit has any content that git stores."""
    repository = Repository(folder / "repository")
    sha = add_commit(repository, content.replace(b"%s", repository.git("rev-parse", "HEAD^{tree}").encode()))
    if sha:
        ingest_hostile(REPORT.replace(b"%s", sha.encode()), "report.xml", folder)


def load_settings(content: bytes, folder: Path) -> None:
    """Load a domain's YAML: a domain, or one sentence that begins with the file."""
    file = folder / "defs.yaml"
    file.write_bytes(content)
    try:
        domain = Domain.load(file)
    except DomainFtError as error:
        sentence = str(error)
    else:
        assert domain.with_overrides({}).settings == domain.settings
        return
    assert sentence.startswith(str(file))


@pytest.mark.parametrize("kind", KINDS)
def test_any_input_ends_well_or_in_our_own_error(kind: str, folder: Path) -> None:
    look = look_at(kind, folder)
    everyday = settings(max_examples=KINDS[kind].examples, derandomize=True, **UNHURRIED)
    everyday(given(KINDS[kind].contents)(look))()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_other_input_each_time_ends_well_or_in_our_own_error(kind: str, folder: Path) -> None:
    look, until = look_at(kind, folder), time.monotonic() + SLOW_SECONDS
    while time.monotonic() < until:
        number = random.randrange(1 << 32)
        print(f"fuzzing {kind} with seed {number}")
        once = settings(max_examples=200, **UNHURRIED)
        seed(number)(once(given(KINDS[kind].contents)(look)))()
