"""MLflow's own SQLite file under the state root: made in one step, and looked at before MLflow opens it.

MLflow makes a new database by its migrations, dozens of statements; killed in between, it leaves one that neither it
nor anybody can use. So a new one is made beside its place and renamed once it is whole.
"""

import os
import shutil
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from domain_ft.store.home import Home

STORE = "mlflow.db"
REGISTERED = "registered"
"""Folder of the notes on what MLflow knows."""
_UNFINISHED = ".unfinished-mlflow-"


def store_path(home: Home) -> Path:
    """The database."""
    return home.state / STORE


def make_ready(home: Home, wait_s: float) -> None:
    """Make the database where there is none yet, else open it once by hand; OSError or sqlite3.Error where it fails.

    By hand, for MLflow would try a hopeless one for minutes before it says so. To be called under the store's lock.
    """
    path = store_path(home)
    if path.is_file() and not path.stat().st_size:
        path.unlink()  # what is empty was only opened, and MLflow would fill it in place
    if not path.exists():
        shutil.rmtree(home.state / REGISTERED, ignore_errors=True)  # what was noted was told to another database
        _make(path)
    with closing(sqlite3.connect(path, timeout=wait_s)) as connection:
        connection.execute("PRAGMA schema_version")


def _make(path: Path) -> None:
    from mlflow.store.db import utils

    for left in path.parent.glob(f"{_UNFINISHED}*"):
        left.unlink()
    beside = path.with_name(f"{_UNFINISHED}{uuid.uuid4().hex[:8]}")
    with closing(sqlite3.connect(beside)) as connection:
        connection.execute("PRAGMA schema_version")
    try:
        engine = utils.create_sqlalchemy_engine_with_retry(f"sqlite:///{beside.absolute()}")
        try:
            utils._initialize_tables(engine)
        finally:
            engine.dispose()
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        beside.unlink(missing_ok=True)
