"""What is about all domains at once."""

import dagster as dg

from domain_ft.components.overview import overview


@dg.definitions
def all_domains() -> dg.Definitions:
    """The status board and the owed work."""
    return overview()
