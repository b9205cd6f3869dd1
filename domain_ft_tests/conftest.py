"""Fixtures that every part uses: a world of its own for each test, and the real data where it lies beside us."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from domain_ft.store.home import HOME_VARIABLE, Home

CHECKOUT = Path(__file__).resolve().parents[1]
settings.register_profile("domain_ft", deadline=None)  # a busy machine is no fault
settings.load_profile("domain_ft")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with the longest time limits begin first, so that none of them runs on alone in the end."""
    limits: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        limits[item.path] = max(limits.get(item.path, 0.0), float(mark.args[0]) if mark else 0.0)
    items.sort(key=lambda item: -limits[item.path])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A state root of the test's own; the environment points at it."""
    root = tmp_path / "home"
    root.mkdir()
    monkeypatch.setenv(HOME_VARIABLE, str(root))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Home.from_environment()


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], home: Home) -> Any:
    """The lines that a command's summary prints, in a state root of its own."""
    from domain_ft.commands.summary import show_summary

    def lines(command: str, report: dict[str, Any]) -> list[str]:
        capsys.readouterr()
        show_summary(command, report)
        return capsys.readouterr().out.splitlines()

    return lines


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("DOMAIN_FT_REAL_DATA") or CHECKOUT.parent / "shared" / "real")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; name its folder in DOMAIN_FT_REAL_DATA")
    return folder
