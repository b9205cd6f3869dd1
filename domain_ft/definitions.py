"""The one Dagster entry point: everything under `defs/`.

Importing it imports no torch, transformers or mlflow (a test sees to it): code servers, sensors and every step's
process start from here, and each would pay for them.
"""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """All domains, and the resources that they share."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
