"""Is this machine ready: what is installed, what there is room for, what computes, where MLflow is."""

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile

import psutil

from domain_ft.doctor.finding import Checks
from domain_ft.store.home import Home

PACKAGES = (
    "dagster",
    "dagster-webserver",
    "mlflow",
    "torch",
    "transformers",
    "sentence-transformers",
    "polars",
    "duckdb",
)
NEEDED_DISK_GB = 2
NEEDED_MEMORY_GB = 4


def machine_checks(home: Home) -> Checks:
    """Every check of the machine, by name."""
    return {
        "python": _python,
        "packages": _packages,
        "state root": lambda: _state_root(home),
        "disk": lambda: _disk(home),
        "memory": _memory,
        "starter model": lambda: _starter(home),
        "device": lambda: _device(home),
        "mlflow": lambda: _mlflow(home),
    }


def _python() -> tuple[bool, str]:
    return sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}; 3.11 or later is needed"


def _packages() -> tuple[bool, str]:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return False, f"missing: {', '.join(missing)}; run `make test` once, or pip install -c constraints.txt -e ."
    return True, ", ".join(found)


def _state_root(home: Home) -> tuple[bool, str]:
    home.root.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=home.root):
        pass
    source = "DOMAIN_FT_HOME" if os.environ.get("DOMAIN_FT_HOME") else "the checkout; set DOMAIN_FT_HOME for another"
    return True, f"{home.root} can be written ({source})"


def _disk(home: Home) -> tuple[bool, str]:
    free = shutil.disk_usage(home.root).free / 1e9
    return free >= NEEDED_DISK_GB, f"{free:.1f} GB free under {home.root}; {NEEDED_DISK_GB} GB are needed"


def _memory() -> tuple[bool, str]:
    free = psutil.virtual_memory().available / 1e9
    detail = f"{free:.1f} GB available, {os.cpu_count()} processors; {NEEDED_MEMORY_GB} GB are enough"
    return free >= NEEDED_MEMORY_GB, detail


def _starter(home: Home) -> tuple[bool, str]:
    from domain_ft.embedding.models import resolve_base_model

    base = resolve_base_model("starter", None, home)
    return True, f"{base.path.parent.name}: its weights are those published"


def _device(home: Home) -> tuple[bool, str]:
    from domain_ft.training.device import describe_device, resolve_device

    return True, describe_device(resolve_device("auto"))


def _mlflow(home: Home) -> tuple[bool, str]:
    from domain_ft.registry.tracking import describe_store

    return True, describe_store(home)
