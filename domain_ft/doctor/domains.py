"""Is what a domain has made whole, and does anything wait for a person."""

from collections.abc import Iterator
from pathlib import Path

from domain_ft.doctor.finding import Checks
from domain_ft.domain import Domain
from domain_ft.landing.folder import look
from domain_ft.registry.owed import NEXT_CHANCE, owed
from domain_ft.status import status_of_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, verify_folder
from domain_ft.training.checkpoints import CHECKPOINTS, whole_checkpoints


def domain_checks(domain: Domain, home: Home) -> Checks:
    """Every check of a domain, by name."""
    return {
        f"{domain.name}: landing": lambda: _landing(domain, home),
        f"{domain.name}: files": lambda: _files(domain, home),
        f"{domain.name}: training": lambda: _training(domain, home),
        f"{domain.name}: owed work": lambda: _owed(domain, home),
        f"{domain.name}: standing": lambda: _standing(domain, home),
    }


def _landing(domain: Domain, home: Home) -> tuple[bool, str]:
    folder = home.landing(domain.name)
    seen = look(folder)
    rejected = sum(1 for _ in home.quarantine(domain.name).glob("[!.]*"))
    said = f"{len(seen.finished):,} finished in {folder}"
    if seen.growing:
        said += f"; still being written, and left for later: {', '.join(seen.growing[:3])}" + (
            f" and {len(seen.growing) - 3:,} more" if len(seen.growing) > 3 else ""
        )
    if rejected:
        said += f"; rows of {rejected:,} of them were rejected: see {home.quarantine(domain.name)}"
    return True, said


def _files(domain: Domain, home: Home) -> tuple[bool, str]:
    """Every file of what is in use is as it was published; a pointer that leads nowhere is named."""
    folders, lost = [], []
    for link in _pointers(domain, home):
        folder = pointed(link)
        if folder is None:
            lost.append(f"{link} leads nowhere")
        elif folder not in folders:
            verify_folder(folder)
            folders.append(folder)
    if lost:
        return False, f"{'; '.join(lost)}; run domain-ft compare {domain.name}, or that step again"
    return True, f"{len(folders)} published folders in use, every file as it was written"


def _pointers(domain: Domain, home: Home) -> Iterator[Path]:
    name = domain.name
    for parent in home.stages(name):
        yield from (link for link in (parent / "current", parent / "champion") if link.is_symlink())


def _training(domain: Domain, home: Home) -> tuple[bool, str]:
    """Trainings that did not come to their end can go on."""
    left = []
    for work in sorted(home.trainings(domain.name).glob("[!.]*")):
        checkpoints = whole_checkpoints(work / CHECKPOINTS)
        if checkpoints:
            left.append(f"{work.name} stands at step {checkpoints[-1].step:,}")
    if not left:
        return True, "no training was left in the middle"
    return True, f"{'; '.join(left)}: the same train command goes on from there (domain-ft clean gives up old ones)"


def _owed(domain: Domain, home: Home) -> tuple[bool, str]:
    debts = owed(home, domain.name)
    if not debts:
        return True, "MLflow is owed nothing"
    said = ", ".join(str(debt) for debt in debts)
    why = f"since {debts[0].since} ({debts[0].why})"
    return False, f"MLflow is owed {said} {why}; once it answers it is told at {NEXT_CHANCE}"


def _standing(domain: Domain, home: Home) -> tuple[bool, str]:
    status = status_of_domain(domain, home)
    return status["failure"] is None, status["says"]
