"""The component behind `type: domain_ft.components.EmbeddingDomain`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import dagster as dg

from domain_ft import domain
from domain_ft.components.base_assets import base_assets
from domain_ft.components.domain_component import DomainAttributes, DomainComponent, component_spec
from domain_ft.components.embedding_assets import embedding_assets
from domain_ft.components.generated_pairs_asset import generated_pairs_asset, generates
from domain_ft.components.index_asset import index_asset
from domain_ft.components.out_of_distribution_asset import out_of_distribution_asset
from domain_ft.components.prioritization_asset import prioritization_asset
from domain_ft.components.scaffold import EmbeddingDomainScaffolder
from domain_ft.domain_settings import FORMATS

FOLLOW_UPS: Mapping[str, Callable[[domain.EmbeddingDomain], dg.AssetsDefinition]] = {
    "prioritization": prioritization_asset,
    "index": index_asset,
    "out_of_distribution": out_of_distribution_asset,
}
"""What makes the assets that stand beside the chain, by name."""


class EmbeddingDomainAttributes(DomainAttributes):
    """Those of an embedding domain."""

    formats = FORMATS


@dg.scaffold_with(EmbeddingDomainScaffolder)
@dataclass(frozen=True)
class EmbeddingDomain(DomainComponent):
    """A team's own text, turned into a better embedding model as often as new data lands."""

    domain: domain.EmbeddingDomain

    kind: ClassVar[type[domain.Domain]] = domain.EmbeddingDomain
    attributes: ClassVar[type[DomainAttributes]] = EmbeddingDomainAttributes

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return component_spec(
            "Data lands -> triplets -> fine-tuned embedding model -> benchmark -> champion.", "embedding", "fine-tuning"
        )

    def assets(self) -> list[dg.AssetsDefinition]:
        beside = [FOLLOW_UPS[name](self.domain) for name in self.domain.follow_ups]
        beside += [generated_pairs_asset(self.domain)] if generates(self.domain) else []
        return [*embedding_assets(self.domain), *beside, *base_assets(self.domain)]
