"""The component behind `type: domain_ft.components.AdapterDomain`."""

from dataclasses import dataclass
from typing import ClassVar

import dagster as dg

from domain_ft import domain
from domain_ft.components.adapter_assets import adapter_assets
from domain_ft.components.delivery_asset import ollama_model_asset
from domain_ft.components.domain_component import DomainAttributes, DomainComponent, component_spec
from domain_ft.components.prompt_asset import optimized_prompt_asset
from domain_ft.components.scaffold import AdapterDomainScaffolder
from domain_ft.components.survey_assets import survey_assets
from domain_ft.domain_settings import ADAPTER_FORMATS


class AdapterDomainAttributes(DomainAttributes):
    """Those of a domain of adapters."""

    formats = ADAPTER_FORMATS


@dg.scaffold_with(AdapterDomainScaffolder)
@dataclass(frozen=True)
class AdapterDomain(DomainComponent):
    """A team's requirement records: audited, repaired, learned from and judged as often as new ones land."""

    domain: domain.AdapterDomain

    kind: ClassVar[type[domain.Domain]] = domain.AdapterDomain
    attributes: ClassVar[type[DomainAttributes]] = AdapterDomainAttributes

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return component_spec(
            "Requirement records land -> audit -> fixed records -> LoRA adapter -> benchmark -> champion in MLflow, "
            "brought to Ollama.",
            "requirements",
            "fine-tuning",
        )

    def assets(self) -> list[dg.AssetsDefinition]:
        beside = (optimized_prompt_asset(self.domain), ollama_model_asset(self.domain))
        return [*adapter_assets(self.domain), *beside, *survey_assets(self.domain)]
