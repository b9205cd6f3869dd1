"""A published ranking, of base models or of surveyed ones: its content as JSON, and the page made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.evaluation.benchmark_file import REPORT


@dataclass(frozen=True)
class PublishedRanking:
    """Where it lies, what it says, and what came of telling MLflow."""

    path: Path
    content: Mapping[str, Any]
    """That of its JSON file."""
    reused: bool
    mlflow_url: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / REPORT

    def as_json(self) -> dict[str, Any]:
        """The content, where it lies, and what came of telling MLflow: the keys of a command's `--json`."""
        own = {"path": str(self.path), "report": str(self.report), "reused": self.reused}
        return {**self.content, **own, "mlflow_url": self.mlflow_url, "notes": list(self.notes)}
