"""The component behind `type: domain_ft.components.EmbeddingDomain`: one YAML file becomes a domain's definitions.

Dagster only finds the file and hands it over. Reading and refusing are `Domain.load`'s, the same for the command
line, so that a wrong line gets the same sentence everywhere; the schema serves `dg check yaml` and editors.
"""

from dataclasses import dataclass
from typing import Any

import dagster as dg
from pydantic import BaseModel, ConfigDict

from domain_ft.components.automation import domain_schedules, domain_sensors
from domain_ft.components.base_assets import base_assets
from domain_ft.components.embedding_assets import embedding_assets
from domain_ft.components.jobs import domain_jobs
from domain_ft.components.scaffold import EmbeddingDomainScaffolder
from domain_ft.components.schema import domain_schema
from domain_ft.domain import Domain


class EmbeddingDomainAttributes(BaseModel):
    """Whatever stands under `attributes`: accepted here, judged by `Domain.load`, described by the schema."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        return domain_schema()


@dg.scaffold_with(EmbeddingDomainScaffolder)
@dataclass(frozen=True)
class EmbeddingDomain(dg.Component):
    """A team's own text, turned into a better embedding model as often as new data lands."""

    domain: Domain

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return EmbeddingDomainAttributes

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description="Data lands -> triplets -> fine-tuned embedding model -> benchmark -> champion.",
            owners=["team:domain_ft"],
            tags=["embedding", "fine-tuning"],
            produces=["asset", "asset_check", "job", "sensor", "schedule"],
        )

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> "EmbeddingDomain":
        return cls(Domain.load(context.path / "defs.yaml"))

    def build_defs(self, context: dg.ComponentLoadContext | None) -> dg.Definitions:
        return dg.Definitions(
            assets=[*embedding_assets(self.domain), *base_assets(self.domain)],
            jobs=domain_jobs(self.domain),
            sensors=domain_sensors(self.domain),
            schedules=domain_schedules(self.domain),
        )
