"""What automation has asked for, noted before there is a run: of ticks at the same moment, only one asks.

Dagster remembers a sensor's run keys, but not across a sensor and a schedule, and a run exists only some time after
the tick that asked for it. So an ask is claimed first, in a small file, under a lock. A claim whose run was never
created (the daemon died in between, or a person only tried the sensor out) is void after `CLAIM_S`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from filelock import FileLock, Timeout
from pydantic import Field, ValidationError

from domain_ft.errors import DomainFtError
from domain_ft.settings import Settings
from domain_ft.store.home import Home
from domain_ft.store.publish import write_json

CLAIM_S = 300.0
"""So long a claim counts without a run."""
LOCK_S = 20.0

RunStatus = Literal["under way", "overdue", "succeeded", "failed", "canceled"]
NOT_DONE = {"failed": "failed", "canceled": "was canceled", "overdue": "did not end in time"}
"""Statuses of a run that has not done what it was asked for, in words."""
Standing = Literal["never", "claimed", "lost", "gone"] | RunStatus
"""Where an ask stands: `claimed` has no run yet, `lost` never got one, the run of one that is `gone` was deleted."""


@dataclass(frozen=True)
class Run:
    """A run of Dagster's, as far as automation cares."""

    run_id: str
    status: RunStatus
    job: str

    def __str__(self) -> str:
        return f"run {self.run_id[:8]} of {self.job}"


FindRun: TypeAlias = Callable[[str], Run | None]
"""The newest run that was asked for under a key."""


@dataclass(frozen=True)
class Ask:
    """A run shall be started; `key` names what was looked at, the same for the same content."""

    key: str
    reason: str


@dataclass(frozen=True)
class Skip:
    """Nothing shall be started, and why."""

    key: str
    reason: str


Decision: TypeAlias = Ask | Skip


class Asked(Settings):
    """One ask."""

    by: str = Field(description="The sensor or schedule that asked.")
    at: float = Field(description="When, in seconds since 1970.")
    run_id: str | None = Field(None, description="Its run, once that was seen.")


class AskedIngest(Asked):
    """The latest ask for an ingest: what lay finished in the landing folder at that moment."""

    key: str = Field(description="Digest of the files' states.")
    files: Mapping[str, str] = Field(description="Name of each file -> its size and time.")


class Ledger(Settings):
    """All that was asked for in a domain."""

    ingest: AskedIngest | None = Field(None, description="The latest ask for an ingest.")
    retrains: Mapping[str, Asked] = Field(default_factory=dict, description="Content of the history -> its ask.")


class LedgerFile:
    """A domain's ledger on disk, open: read once, written at each note."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.content = self._read()

    def note_ingest(self, ingest: AskedIngest) -> None:
        """Put an ask for an ingest in place of the one before."""
        self._write(self.content.model_copy(update={"ingest": ingest}))

    def note_retrain(self, content: str, asked: Asked) -> None:
        """Add an ask for a retrain of a content, or what is newly known of it."""
        self._write(self.content.model_copy(update={"retrains": {**self.content.retrains, content: asked}}))

    def _write(self, content: Ledger) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self._path, content.model_dump(mode="json"))
        self.content = content

    def _read(self) -> Ledger:
        try:
            return Ledger.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return Ledger()
        except ValidationError:
            raise DomainFtError(
                f"{self._path}: not readable; move it away (runs that Dagster remembers are not asked for again)"
            ) from None


@contextmanager
def open_ledger(home: Home, domain: str) -> Iterator[LedgerFile]:
    """A domain's ledger, for this process and thread alone."""
    try:
        with FileLock(home.lock(f"automation-{domain}"), timeout=LOCK_S):
            yield LedgerFile(home.state / "automation" / f"{domain}.json")
    except Timeout:
        raise DomainFtError(
            f"{domain}: another tick has held its ledger for {LOCK_S:.0f} s; wait for the next"
        ) from None


def standing(asked: Asked | None, run: Run | None, now: float) -> Standing:
    """Where an ask stands, by its note and its newest run."""
    if run is not None:
        return run.status
    if asked is None:
        return "never"
    if asked.run_id is not None:
        return "gone"
    return "claimed" if 0 <= now - asked.at < CLAIM_S else "lost"
