"""What came of telling MLflow of an experiment: work goes on without it, and tells it when it is done again."""

from collections.abc import Callable
from dataclasses import dataclass

from domain_ft.errors import DomainFtError
from domain_ft.registry.tracking import RegistryUnavailableError


@dataclass(frozen=True)
class Told:
    """The page of what was written, or why nothing was."""

    url: str | None = None
    fault: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it."""
        return (f"MLflow was not told ({self.fault}); the same again tells it",) if self.fault else ()


def told(record: Callable[[], str]) -> Told:
    """Write to MLflow through `record`, which gives back the page; that it cannot be told is an answer."""
    try:
        return Told(url=record())
    except DomainFtError as error:
        return Told(fault=error.fault if isinstance(error, RegistryUnavailableError) else str(error))
