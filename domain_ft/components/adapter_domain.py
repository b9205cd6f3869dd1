"""The component behind `type: domain_ft.components.AdapterDomain`."""

from dataclasses import dataclass
from typing import ClassVar

import dagster as dg

from domain_ft import domain
from domain_ft.components.adapter_assets import adapter_assets
from domain_ft.components.domain_component import DomainAttributes, DomainComponent, component_spec
from domain_ft.components.scaffold import AdapterDomainScaffolder
from domain_ft.components.survey_assets import survey_assets
from domain_ft.domain_settings import ADAPTER_FORMATS


class AdapterDomainAttributes(DomainAttributes):
    """Those of a domain of requirement records."""

    formats = ADAPTER_FORMATS


@dg.scaffold_with(AdapterDomainScaffolder)
@dataclass(frozen=True)
class AdapterDomain(DomainComponent):
    """A team's requirement records, audited, repaired and divided as often as new ones land."""

    domain: domain.AdapterDomain

    kind: ClassVar[type[domain.Domain]] = domain.AdapterDomain
    attributes: ClassVar[type[DomainAttributes]] = AdapterDomainAttributes

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return component_spec(
            "Requirement records land -> audit -> fixed records, divided into train, validation and test.",
            "requirements",
        )

    def assets(self) -> list[dg.AssetsDefinition]:
        return [*adapter_assets(self.domain), *survey_assets(self.domain)]
