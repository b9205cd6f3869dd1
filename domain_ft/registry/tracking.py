"""The connection to MLflow: made ready once under a lock, quiet, and its faults turned into a sentence.

Several processes that meet on a fresh SQLite file would break its migration, so the first use is one process's alone.
MLflow takes seconds to import, so only functions import it.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from domain_ft.amounts import counted
from domain_ft.errors import DomainFtError, InputError
from domain_ft.registry.address import REGISTRY_VARIABLE, is_server, local_store_uri, tracking_uri
from domain_ft.registry.local_store import make_ready, store_path
from domain_ft.safe_text import masked
from domain_ft.store.home import HOME_VARIABLE, Home

if TYPE_CHECKING:
    from mlflow import MlflowClient

LOCK_SECONDS = 600
SQLITE_SECONDS = 60
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Set before MLflow is imported, unless a person has set them. The addresses that it prints hold the password."""
_REFUSALS = {
    "BAD_REQUEST", "INVALID_PARAMETER_VALUE", "INVALID_STATE", "RESOURCE_ALREADY_EXISTS", "RESOURCE_CONFLICT",
    "RESOURCE_DOES_NOT_EXIST",
}  # fmt: skip
"""MLflow is there and says that what was asked is wrong: asking again later would not help."""


class RegistryUnavailableError(DomainFtError):
    """MLflow does not answer, its database cannot be used, or another process does not let go of it.

    `fault` says only what is wrong, for those who go on without MLflow and need no mend.
    """

    def __init__(self, fault: str, mend: str = "") -> None:
        super().__init__(f"{fault}; {mend}" if mend else fault)
        self.fault = fault


def prepare_store(home: Home) -> None:
    """Create the store where there is none yet: to be done before an MLflow server is started on it."""
    uri = tracking_uri(home)
    with faults_as_sentences(uri):
        connect(home, uri)


def describe_store(home: Home) -> str:
    """Open the store (creating it if need be) and say in a few words which it is and what it holds."""
    uri = tracking_uri(home)
    with faults_as_sentences(uri):
        from mlflow.version import VERSION

        client = connect(home, uri)
        models = len(client.search_registered_models(max_results=1000))
        return f"MLflow {VERSION} at {masked(uri)}: {counted(models, 'registered models')}"


def connect(home: Home, uri: str) -> "MlflowClient":
    """A client of the store at `uri`, which is there and migrated when this returns."""
    from mlflow import MlflowClient

    ours = uri == local_store_uri(home)
    if ours:
        _require_place(home)
    with nullcontext() if is_server(uri) else locked(home, "mlflow", "the MLflow store"):
        if ours:
            with _usable(home):
                make_ready(home, SQLITE_SECONDS)
        client = MlflowClient(uri, os.environ.get(REGISTRY_VARIABLE) or uri)
        client.search_experiments(max_results=1)
        client.search_registered_models(max_results=1)
    return client


def _require_place(home: Home) -> None:
    """See that our own SQLite file can lie where it should."""
    if set("%?") & set(str(home.state)):
        raise InputError(
            f"{home.root}: MLflow's database cannot lie below a folder with % or ? in its name; choose another "
            f"{HOME_VARIABLE}, or name a tracking server in MLFLOW_TRACKING_URI"
        )
    with _usable(home):
        home.state.mkdir(parents=True, exist_ok=True)


@contextmanager
def _usable(home: Home) -> Iterator[None]:
    """What stands in the way of our own SQLite file, as a sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise RegistryUnavailableError(
            f"{store_path(home)}: MLflow's database cannot be used ({error})",
            "mend the folder's permissions, or move the file away to begin a new one (models and benchmarks on disk "
            "stay, and the champion is taken over)",
        ) from None


@contextmanager
def locked(home: Home, name: str, what: str) -> Iterator[None]:
    """Hold a lock of the project, a file's: whoever is killed lets go of it."""
    from filelock import FileLock, Timeout

    lock = FileLock(home.lock(name))
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise RegistryUnavailableError(
            f"{what} has been in use by another process for {LOCK_SECONDS} s (lock {home.lock(name)})",
            "try again later",
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def faults_as_sentences(uri: str) -> Iterator[None]:
    """Import MLflow quietly and raise its errors, and those of what it stands on, as a `DomainFtError`.

    It is a `RegistryUnavailableError` unless MLflow is there and refuses what was asked.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # logs the traceback of what it raises
    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError) as error:
        said = masked(str(error).strip().split("\n")[0])[:300]
        fault = f"MLflow at {masked(uri)} did not do what was asked ({said})"
        mend = "nothing on disk is lost: see that it runs and can be reached (MLFLOW_TRACKING_URI), then do this again"
        if getattr(error, "error_code", None) in _REFUSALS and not isinstance(error.__cause__, SQLAlchemyError):
            raise DomainFtError(f"{fault}; {mend}") from None
        raise RegistryUnavailableError(fault, mend) from None
