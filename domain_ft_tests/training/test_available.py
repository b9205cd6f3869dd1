"""How much memory there is to take, and how much was taken at most."""

from pathlib import Path

import numpy as np
import psutil
import pytest

from domain_ft.training import available
from domain_ft.training.available import available_memory, peak_memory, reset_peak

MB = 1_000_000


def test_there_is_more_than_this_process_holds_and_no_more_than_the_machine_has() -> None:
    held = psutil.Process().memory_info().rss
    assert held * 0.9 < available_memory("cpu") < psutil.virtual_memory().total + held


def test_a_limit_of_the_process_s_group_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("_LIMIT", 50 * MB), ("_USED", 20 * MB)):
        (tmp_path / name).write_text(f"{size}\n")
        monkeypatch.setattr(available, name, tmp_path / name)
    held = psutil.Process().memory_info().rss
    assert available_memory("cpu") == pytest.approx(held + 30 * MB, abs=20 * MB)
    (tmp_path / "_LIMIT").write_text("max\n")
    assert available_memory("cpu") > held + 60 * MB


def test_the_height_is_what_was_held_since_it_was_reset() -> None:
    reset_peak("cpu")
    before = peak_memory("cpu")
    np.ones(25 * MB).sum()
    assert peak_memory("cpu") - before > 100 * MB
