"""All checks, one after the other: the machine's, each domain's, the loop's."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from domain_ft.doctor.domains import domain_checks
from domain_ft.doctor.finding import Checks, Finding, finding
from domain_ft.doctor.loop import loop_checks
from domain_ft.doctor.machine import machine_checks
from domain_ft.domain import Domain, domain_files
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home


def examine(home: Home) -> list[Finding]:
    """Run every check."""
    domains, refused = _domains()
    checks: Checks = machine_checks(home)
    found = [finding(name, check) for name, check in checks.items()]
    found.append(Finding("domains", not refused, "; ".join(refused) or f"valid: {', '.join(d.name for d in domains)}"))
    return found + [finding(name, check) for name, check in _of_the_world(home, domains)]


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """The findings as the `doctor` command prints them."""
    return {"ok": all(finding.ok for finding in findings), "checks": [asdict(finding) for finding in findings]}


def _domains() -> tuple[list[Domain], list[str]]:
    """The domains that can be read, and why the others cannot."""
    domains, refused = [], []
    for file in domain_files():
        try:
            domains.append(Domain.load(file))
        except DomainFtError as error:
            refused.append(str(error))
    return domains, refused


def _of_the_world(home: Home, domains: list[Domain]) -> Iterator[Any]:
    for domain in domains:
        yield from domain_checks(domain, home).items()
    yield from loop_checks(home, [domain.name for domain in domains]).items()
