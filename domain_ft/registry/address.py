"""Which MLflow we speak to, and how its address may be shown: a credential in it never reaches a log or a page."""

import os
from urllib.parse import quote

from domain_ft.registry.local_store import store_path
from domain_ft.safe_text import without_user
from domain_ft.store.home import Home

TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"
REGISTRY_VARIABLE = "MLFLOW_REGISTRY_URI"
UI_VARIABLE = "DOMAIN_FT_MLFLOW_UI"
LOCAL_UI = "http://127.0.0.1:5000"


def tracking_uri(home: Home) -> str:
    """`MLFLOW_TRACKING_URI` where it is set, else our own store."""
    return os.environ.get(TRACKING_VARIABLE) or local_store_uri(home)


def local_store_uri(home: Home) -> str:
    """An SQLite file under the state root, by absolute path: MLflow's default depends on the working directory."""
    return f"sqlite:///{store_path(home).absolute()}"


def is_server(uri: str) -> bool:
    """Whether the address is a tracking server's, which keeps its own artifacts and does its own migrations."""
    return not uri.startswith(("sqlite:", "postgresql", "mysql", "mssql", "file:", "/", "."))


def ui_address(home: Home) -> str:
    """Where a person opens MLflow: `DOMAIN_FT_MLFLOW_UI`, else the tracking server, else the local UI."""
    address = os.environ.get(UI_VARIABLE)
    if not address:
        uri = tracking_uri(home)
        address = without_user(uri) if uri.startswith(("http://", "https://")) else LOCAL_UI
    return address.rstrip("/")


def runs_url(home: Home, experiment_id: str) -> str:
    """The page of an experiment's runs; without its last part MLflow opens a page about traces of language models."""
    return f"{ui_address(home)}/#/experiments/{experiment_id}/runs?workflowType=machine_learning"


def run_url(home: Home, experiment_id: str, run_id: str) -> str:
    """The page of a run."""
    return f"{ui_address(home)}/#/experiments/{experiment_id}/runs/{run_id}"


def model_url(home: Home, name: str) -> str:
    """The page of a registered model with its versions and aliases."""
    return f"{ui_address(home)}/#/models/{quote(name, safe='')}"
