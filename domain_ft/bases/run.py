"""`domain-ft bases`: every base of a domain tuned and judged, then compared; one that fails holds up no other."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from domain_ft.bases.compare import BaseComparison, compare_bases
from domain_ft.bases.train import require_bases, train_base
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft.training.progress import OnEvent, ignore
from domain_ft.training.stop import TrainingStoppedError


@dataclass(frozen=True)
class BasesResult:
    """The comparison, and the sentence of each base that came to nothing."""

    comparison: BaseComparison
    failures: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft bases --json`."""
        return {**self.comparison.as_json(), "failures": self.failures}


def run_bases(
    domain: EmbeddingDomain, home: Home, *, on_event: OnEvent = ignore, announce: Callable[[str], None] = lambda _: None
) -> BasesResult:
    """Tune and judge each base on the newest dataset, and compare them all.

    Raises the first one's error where all of them fail, and TrainingStoppedError where a training is stopped: the same
    call goes on from there.
    """
    require_bases(domain)
    errors: dict[str, DomainFtError] = {}
    for number, base in enumerate(domain.bases, 1):
        announce(f"base {number} of {len(domain.bases)}: {base}")
        try:
            train_base(domain, home, base, on_event=on_event)
        except TrainingStoppedError:
            raise
        except DomainFtError as error:
            errors[base.key] = error
    if len(errors) == len(domain.bases):
        raise next(iter(errors.values()))
    failures = {key: str(error) for key, error in errors.items()}
    comparison = compare_bases(domain, home)
    told = tuple(f"{key} failed: {sentence}" for key, sentence in failures.items())
    return BasesResult(replace(comparison, notes=(*comparison.notes, *told)), failures)
