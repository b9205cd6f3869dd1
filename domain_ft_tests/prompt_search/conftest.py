"""A state root with a published dataset of short records, and a search over it that takes a moment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain_ft.progress import Progress, silent
from domain_ft.prompt_search.optimize import TRIALS, PromptResult, optimize_prompt
from domain_ft.prompt_search.settings import PromptSearchSettings
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft_tests.adapter.conftest import TRAIN, VALIDATION, publish_records, records
from domain_ft_tests.landed_requirements import DOMAIN
from domain_ft_tests.prompt_search.scripted import Scripted

__all__ = ["records"]
SHORT: dict[str, Any] = {"candidates": 4, "trials": 6, "train_limit": 4, "validation_limit": 3}


def trials_of(found: PromptResult) -> list[dict[str, Any]]:
    """The log of a search."""
    return [json.loads(line) for line in (found.path / TRIALS).read_text(encoding="utf-8").splitlines()]


class Searched:
    """Searches over one dataset."""

    def __init__(self, home: Home, records: list[dict[str, Any]]) -> None:
        self.home, self.records = home, records
        self.dataset = publish_records(home, records)

    @property
    def validation(self) -> list[dict[str, Any]]:
        """Its records."""
        return self.records[TRAIN : TRAIN + VALIDATION]

    def model(self, *given: Any, **options: Any) -> Scripted:
        """A model that knows all records."""
        return Scripted(self.records, *given, **options)

    def search(
        self, model: Callable[[], Any] | Scripted, progress: Progress = silent, digest: str = "m" * 64, **changes: Any
    ) -> PromptResult:
        """A short search, with changes."""
        pytest.importorskip("dspy", reason="the extra [optimize] is not installed")
        load = (lambda: model) if isinstance(model, Scripted) else model
        settings = PromptSearchSettings.model_validate({**SHORT, **changes})
        return optimize_prompt(
            settings, ScoreSettings(), self.home, DOMAIN, self.dataset, load, digest, progress=progress
        )


@pytest.fixture
def searched(home: Home, records: list[dict[str, Any]]) -> Searched:
    return Searched(home, records)


@pytest.fixture
def elsewhere(tmp_path: Path, records: list[dict[str, Any]]) -> Searched:
    """Another state root, where nothing was asked before."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    return Searched(Home(root), records)
