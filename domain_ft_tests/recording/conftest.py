"""A small Python project to record, and a pytest that loads no plugins, so that each of its runs is short."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain_ft.landing.settings import SourceSettings
from domain_ft.recording.record import record_history
from domain_ft.recording.result import RecordingResult
from domain_ft.recording.settings import RecordingSettings
from domain_ft.store.home import Home

STATS = '''"""Statistics of short lists."""


def mean(values, empty=0.0):
    """Arithmetic mean of the values."""
    if not values:
        return empty
    return sum(values) / len(values)


def largest(values):
    """The largest of the values."""
    best = values[0]
    for value in values[1:]:
        if value > best:
            best = value
    return best


def never_tested(value):
    return value - 1
'''
TESTS = '''import pytest

from calc.stats import largest, mean


class TestMean:
    def test_of_values(self):
        """The mean of some values is their sum by their number."""
        assert mean([1, 2, 6]) == 3

    def test_of_nothing(self):
        assert mean([]) == 0


@pytest.mark.parametrize("values", [[1], [3, 1, 2], [1, 3]])
def test_largest(values):
    """The largest value is found wherever it stands."""
    assert largest(values) == sorted(values)[-1]


def test_always_fails():
    assert largest([1]) == 2
'''
SMALL: dict[str, str | bytes] = {
    "src/calc/__init__.py": '"""Sums."""\n',
    "src/calc/stats.py": STATS,
    "src/calc/broken.py": "def (\n",
    "src/calc/binary.py": b"x = '\xff'\n",
    "tests/test_stats.py": TESTS,
}
Project = Callable[[dict[str, str | bytes]], Path]
Record = Callable[..., RecordingResult]


@pytest.fixture(scope="session", autouse=True)
def _no_plugins() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        yield


def write_project(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A project of these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Makes a project of files."""
    return lambda files: write_project(tmp_path / "project", files)


@pytest.fixture
def record(tmp_path: Path, home: Home) -> Record:
    """Records a project, in a state root of the test's own."""

    def call(repo: Path, changes: int = 1, **more: object) -> RecordingResult:
        progress = more.pop("progress", lambda *_: None)
        settings = RecordingSettings.model_validate({"changes": changes, **more})
        out = tmp_path / "history.csv"
        return record_history(
            repo,
            settings,
            SourceSettings(),
            home,
            out=out,
            landing=home.landing("x"),
            progress=progress,  # type: ignore[arg-type]
        )

    return call


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordingResult:
    """The small project, recorded once for all tests that only look at what came of it."""
    root = tmp_path_factory.mktemp("recorded")
    home = Home(root / "home")
    repo = write_project(root / "calc", SMALL)
    settings = RecordingSettings(changes=5, source=Path("src"))
    return record_history(repo, settings, SourceSettings(), home, landing=home.landing("test_history"))
