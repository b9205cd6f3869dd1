"""A place where hostile things lie, and the command line as a person meets it there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain_ft import cli
from domain_ft.store.home import Home

DOMAIN = "test_history"


@dataclass(frozen=True)
class Place:
    """A folder to put things into, the state root, and a way to run commands there."""

    folder: Path
    home: Home
    capsys: pytest.CaptureFixture[str]

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command."""
        with pytest.raises(SystemExit) as exit_info:
            cli.main([str(argument) for argument in arguments])
        printed = self.capsys.readouterr()
        return int(exit_info.value.code or 0), printed.out, printed.err

    def ingest(self, *files: str | Path) -> dict[str, Any]:
        """The JSON of an ingest that is done."""
        code, stdout, stderr = self.run("ingest", DOMAIN, *files, "--json")
        assert code == 0, stderr
        report: dict[str, Any] = json.loads(stdout)
        return report

    def unfinished(self) -> Sequence[Path]:
        """What a step that did not end well has left lying about."""
        return [path for path in self.home.root.rglob("*") if path.name.startswith((".unfinished", ".copying"))]
