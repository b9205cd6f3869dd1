"""A published dataset of triplets, whatever it was made from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain_ft.store.publish import read_manifest


@dataclass(frozen=True)
class FunnelRow:
    """One row: how many of what, and why they are in or out."""

    name: str
    count: int
    why: str

    def as_json(self) -> dict[str, Any]:
        """The row by column name."""
        return asdict(self)


@dataclass(frozen=True)
class DatasetResult:
    """A published dataset: where it lies, what it holds, and where the other rows went."""

    path: Path
    digest: str
    counts: dict[str, int]
    funnel: tuple[FunnelRow, ...]
    leakage: dict[str, int]
    reused: bool
    notes: tuple[str, ...] = ()
    """What a person should know of it."""

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft dataset --json`."""
        return {
            **asdict(self),
            "path": str(self.path),
            "funnel": [row.as_json() for row in self.funnel],
            "notes": list(self.notes),
        }


def dataset_result(folder: Path, *, reused: bool) -> DatasetResult:
    """What the manifest of a published dataset says."""
    manifest = read_manifest(folder)
    return DatasetResult(
        path=folder,
        digest=manifest["digest"],
        counts=manifest["counts"],
        funnel=tuple(FunnelRow(**row) for row in manifest["funnel"]),
        leakage=manifest["leakage"],
        reused=reused,
    )
