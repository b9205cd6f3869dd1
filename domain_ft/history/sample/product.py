"""The made-up product as data: components of five areas, and features that know where they belong."""

from dataclasses import dataclass
from functools import cache

from domain_ft.history.sample.areas.accounts import ACCOUNTS
from domain_ft.history.sample.areas.office import OFFICE
from domain_ft.history.sample.areas.shop import SHOP
from domain_ft.history.sample.areas.store import STORE
from domain_ft.history.sample.areas.warehouse import WAREHOUSE
from domain_ft.history.sample.vocabulary import Component, Feature

PRODUCT = "MARLOW"
COMPONENTS: tuple[Component, ...] = (*SHOP, *ACCOUNTS, *WAREHOUSE, *OFFICE, *STORE)


@dataclass(frozen=True)
class Spot:
    """A feature in its component; `component` counts over all components of the product."""

    component: int
    feature: Feature

    @property
    def home(self) -> Component:
        """The component that the feature belongs to."""
        return COMPONENTS[self.component]

    @property
    def path(self) -> str:
        """A source file of the feature."""
        return f"{self.home.folder}/{self.feature.inner[0].split()[-1].lower().replace('-', '_')}.py"


@cache
def spots() -> tuple[Spot, ...]:
    """Every feature of the product."""
    return tuple(Spot(number, feature) for number, component in enumerate(COMPONENTS) for feature in component.features)
