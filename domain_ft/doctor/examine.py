"""All checks, one after the other: the machine's, each domain's, the loop's."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from domain_ft.doctor.domains import domain_checks
from domain_ft.doctor.finding import Check, Finding, finding
from domain_ft.doctor.loop import loop_checks
from domain_ft.doctor.machine import machine_checks
from domain_ft.domain import Domain
from domain_ft.domains import all_domains, domain_files
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home


def examine(home: Home) -> list[Finding]:
    """Run every check."""
    domains, refused = _domains()
    found = [finding(name, check) for name, check in machine_checks(home).items()]
    found.append(Finding("domains", not refused, refused or f"valid: {', '.join(domain.name for domain in domains)}"))
    return found + [finding(name, check) for name, check in _of_the_world(home, domains)]


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """The findings as the `doctor` command prints them."""
    return {"ok": all(finding.ok for finding in findings), "checks": [asdict(finding) for finding in findings]}


def _domains() -> tuple[list[Domain], str]:
    """The domains that can be read, and what is wrong with the others."""
    try:
        return all_domains(), ""
    except DomainFtError as error:
        return list(_readable_domains()), str(error)


def _readable_domains() -> Iterator[Domain]:
    for file in domain_files():
        with suppress(DomainFtError):
            yield Domain.load(file)


def _of_the_world(home: Home, domains: list[Domain]) -> Iterator[tuple[str, Check]]:
    for domain in domains:
        yield from domain_checks(domain, home).items()
    yield from loop_checks(home, [domain.name for domain in domains]).items()
