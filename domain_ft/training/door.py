"""What every door to a training does, seen from outside: it finds what is published, and hears how it came to be."""

from domain_ft.store.publish import point, verify_folder
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


def take_published(job: TrainingJob, on_event: OnEvent) -> None:
    """See that what a job would make is there as it was published, point to it if the job says so, and tell."""
    verify_folder(job.target)
    if job.make_current:
        point(job.target.parent / "current", job.version)
    on_event(TrainingEvent("reused", message=f"{job.target} is already published"))
