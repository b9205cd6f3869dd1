"""What every door to a training does, seen from outside: it finds what is published, and hears how it came to be."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from domain_ft.store.publish import point, read_manifest, verify_folder
from domain_ft.training.job import TrainingJob
from domain_ft.training.progress import OnEvent, TrainingEvent


class Heard:
    """Hands events on, and remembers their kinds: whether the training went on from a checkpoint, or was not needed."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._kinds: set[str] = set()

    def __call__(self, event: TrainingEvent) -> None:
        self._kinds.add(event.kind)
        self._on_event(event)

    @property
    def resumed(self) -> bool:
        """Whether it went on from a checkpoint."""
        return "resumed" in self._kinds

    @property
    def reused(self) -> bool:
        """Whether somebody else had published it meanwhile."""
        return "reused" in self._kinds


@dataclass(frozen=True)
class TrainingOutcome:
    """What was published and what its training took; `reused` when it was there already and nothing was trained."""

    version: str
    path: Path
    dataset_digest: str
    resumed: bool
    reused: bool
    steps: int
    seconds: float
    examples_per_second: float
    validation: dict[str, float] | None
    base_validation: dict[str, float] | None
    warnings: tuple[str, ...]
    mlflow_url: str | None = None
    """The page of its run, once it is registered."""
    notes: tuple[str, ...] = ()
    """What MLflow is owed, or was told late."""

    told: ClassVar[tuple[str, ...]] = (
        "version", "dataset_digest", "steps", "examples_per_second", "validation", "base_validation"
    )  # fmt: skip
    """What a manifest calls as it is called here."""

    @classmethod
    def of(cls, folder: Path, *, resumed: bool, reused: bool) -> Self:
        """What the manifest of a published folder says about its training."""
        manifest = read_manifest(folder)
        told = {name: manifest[name] for name in cls.told}
        own = {"seconds": manifest["duration_s"], "warnings": tuple(manifest["warnings"])}
        return cls(path=folder, resumed=resumed, reused=reused, **told, **own)

    def as_json(self) -> dict[str, Any]:
        """The result as the command line prints it."""
        return {**asdict(self), "path": str(self.path), "warnings": list(self.warnings), "notes": list(self.notes)}


def take_published(job: TrainingJob, on_event: OnEvent) -> None:
    """See that what a job would make is there as it was published, point to it if the job says so, and tell."""
    verify_folder(job.target)
    if job.make_current:
        point(job.target.parent / "current", job.version)
    on_event(TrainingEvent("reused", message=f"{job.target} is already published"))
