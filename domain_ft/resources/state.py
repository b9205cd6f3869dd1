"""Where a run reads and writes, as a resource: one state root, the environment's unless a deployment names another."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from domain_ft.store.home import Home


class StateRoot(dg.ConfigurableResource):
    """The folder that holds `data/`, `models/` and `.state/`."""

    root: str | None = Field(None, description="The state root; null for DOMAIN_FT_HOME, else the checkout.")

    def home(self) -> Home:
        return Home(Path(self.root).expanduser().resolve()) if self.root else Home.from_environment()
