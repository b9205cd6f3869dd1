"""A code location in which the night comes every minute: the domain of one YAML file, and what all domains share."""

import os
from pathlib import Path

import dagster as dg

from domain_ft.components import overview
from domain_ft.components.embedding_domain import EmbeddingDomain
from domain_ft.defs import resources
from domain_ft.domain import Domain

DOMAIN_FILE = "DOMAIN_FT_TEST_NIGHT"
"""The environment variable that names the YAML file."""


@dg.definitions
def location() -> dg.Definitions:
    """The domain, and a status board whose morning comes every minute, too."""
    overview.MORNING = "* * * * *"
    domain = Domain.load(Path(os.environ[DOMAIN_FILE]))
    board = dg.Definitions(assets=[overview.status_board_asset([domain])], sensors=[overview.board_sensor()])
    return dg.Definitions.merge(EmbeddingDomain(domain).build_defs(None), resources.resources(), board)
