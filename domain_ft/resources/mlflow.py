"""MLflow as a resource: which tracking server a step writes to, and where a person finds its pages.

dagster-mlflow logs from inside ops and knows no registered versions; here only `domain_ft.registry` writes, and
MLflow itself is not imported before it does.
"""

import os

import dagster as dg
from pydantic import Field

from domain_ft.registry.address import TRACKING_VARIABLE, UI_VARIABLE


class Mlflow(dg.ConfigurableResource):
    """Where runs and versions are kept, and where a person looks at them."""

    tracking_uri: str | None = Field(
        None, description="Tracking server; null for MLFLOW_TRACKING_URI, else SQLite under the state root."
    )
    ui_url: str | None = Field(
        None, description="Where its pages are; null for DOMAIN_FT_MLFLOW_UI, else the server, else that of `make ui`."
    )

    def use(self) -> None:
        """Make this process write to that server and link to those pages."""
        chosen = {TRACKING_VARIABLE: self.tracking_uri, UI_VARIABLE: self.ui_url}
        os.environ.update({name: value for name, value in chosen.items() if value})
