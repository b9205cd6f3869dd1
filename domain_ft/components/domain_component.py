"""What the components of both kinds of domain do alike: one YAML file becomes a domain's definitions.

Dagster only finds the file and hands it over. Reading and refusing are `Domain.load`'s, the same for the command
line, so that a wrong line gets the same sentence everywhere; the schema serves `dg check yaml` and editors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import dagster as dg
from pydantic import BaseModel, ConfigDict

from domain_ft.components.automation import domain_schedules, domain_sensors
from domain_ft.components.jobs import domain_jobs
from domain_ft.components.schema import domain_schema
from domain_ft.domain import Domain
from domain_ft.domain_settings import DomainSettings


class DomainAttributes(BaseModel):
    """Whatever stands under `attributes`: accepted here, judged by `Domain.load`, described by the schema."""

    model_config = ConfigDict(extra="allow")
    formats: ClassVar[Mapping[str, type[DomainSettings]]]

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        return domain_schema(cls.formats)


@dataclass(frozen=True)
class DomainComponent(dg.Component):
    """A domain, and what Dagster shall know of it; a kind of domain says which assets it has."""

    domain: Domain

    kind: ClassVar[type[Domain]]
    attributes: ClassVar[type[DomainAttributes]]

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return cls.attributes

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        return cls(cls.kind.load(context.path / "defs.yaml"))

    def assets(self) -> list[dg.AssetsDefinition]:
        """The domain's assets, with their checks."""
        raise NotImplementedError

    def build_defs(self, context: dg.ComponentLoadContext | None) -> dg.Definitions:
        return dg.Definitions(
            assets=self.assets(),
            jobs=domain_jobs(self.domain),
            sensors=domain_sensors(self.domain),
            schedules=domain_schedules(self.domain),
        )


def component_spec(description: str, *tags: str) -> dg.ComponentTypeSpec:
    """What `dg list components` says of a component."""
    return dg.ComponentTypeSpec(
        description=description,
        owners=["team:domain_ft"],
        tags=list(tags),
        produces=["asset", "asset_check", "job", "sensor", "schedule"],
    )
