"""Options that commands of several files share, the domain as those ask for it, and the stages that it has."""

from collections.abc import Sequence
from types import ModuleType
from typing import Annotated

import typer

from domain_ft.domain import AdapterDomain, AnyDomain, Domain, parse_override
from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.typed import typed_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
DomainName = Annotated[str, typer.Argument(metavar="DOMAIN", help="A domain, such as test_history.")]
Preset = Annotated[str | None, typer.Option(help="A preset of the domain, such as quick.")]
Overrides = Annotated[list[str], typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override one setting.")]


REQUIREMENTS = "requirements"
"""The domain whose settings hold for the commands on files of requirement records, and for the survey."""


def requirements_domain() -> AdapterDomain | None:
    """That domain; None where it is of another kind."""
    domain = find_domain(REQUIREMENTS)
    return domain if isinstance(domain, AdapterDomain) else None


def with_options(domain: AnyDomain, preset: str | None, overrides: Sequence[str], *used: str) -> AnyDomain:
    """The domain with a preset and `--set`; where a command uses only some settings, others are refused."""
    for text in overrides if used else ():
        setting, _ = parse_override(text)
        if not any(setting == each or setting.startswith(f"{each}.") for each in used):
            raise InputError(f"--set {setting}: has no effect here; this command uses {', '.join(used)} only")
    if preset:
        domain = domain.with_preset(preset)
    return domain.with_overrides(dict(parse_override(text) for text in typed_settings(overrides)))


def stages_of(domain: Domain) -> ModuleType:
    """The stages that a domain has of its own; those of adapters load more, and only for one of adapters."""
    if isinstance(domain, AdapterDomain):
        from domain_ft import adapter_stages

        return adapter_stages
    from domain_ft import stages

    return stages
