"""The project's own Dagster instance: a folder under the state root with the settings that the project relies on.

`make` runs this before anything else of Dagster; the CLI calls it too, so that `domain-ft run` and the UI see the
same runs. Pools let one training run at a time; run monitoring frees the slots of runs that Dagster knows to have
ended, `domain_ft.alive` at once those of all runs whose process is gone.
"""

import os
from pathlib import Path

from domain_ft.store.home import Home

SETTINGS = """\
# Written once; edit as you like. See https://docs.dagster.io/deployment/oss/dagster-yaml
nux:
  enabled: false
telemetry:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  cancel_timeout_seconds: 180
  free_slots_after_run_end_seconds: 300
"""


def dagster_home(home: Home) -> Path:
    """`DAGSTER_HOME`, by default under the state root."""
    return Path(os.environ.get("DAGSTER_HOME") or home.state / "dagster").resolve()


def prepare_instance(home: Home) -> Path:
    """Create Dagster's home with its `dagster.yaml`, and export it; idempotent."""
    folder = dagster_home(home)
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(SETTINGS)
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    return folder


if __name__ == "__main__":
    prepare_instance(Home.from_environment())
