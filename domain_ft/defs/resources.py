"""What all domains share: where state lies, on which device is computed, MLflow, Ollama, how steps are run, and who is
told of failures."""

import dagster as dg

from domain_ft.alive import watched_executor
from domain_ft.components.failures import failure_sensor
from domain_ft.resources.compute import Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.ollama import OllamaServer
from domain_ft.resources.results import StageResults
from domain_ft.resources.state import StateRoot

# A forked step starts in a tenth of a spawned one's time, and only light modules are there to be forked: torch and
# MLflow are imported by the step that needs them.
EXECUTOR = watched_executor.configured(
    {"start_method": {"forkserver": {"preload_modules": ["domain_ft.definitions", "domain_ft.components"]}}}
)


@dg.definitions
def resources() -> dg.Definitions:
    """Resources, executor and the failure sensor; nothing else stands in this file, for Dagster would drop it."""
    state = StateRoot()
    return dg.Definitions(
        executor=EXECUTOR,
        resources={
            "state": state,
            "results": StageResults(state=state),
            "compute": Compute(),
            "mlflow": Mlflow(),
            "ollama": OllamaServer(),
        },
        sensors=[failure_sensor()],
    )
