"""A domain's place in MLflow: its own experiment, with artifacts under the state root, and its registered model.

MLflow's default experiment keeps artifacts wherever one happens to stand, so nothing of ours goes there. One process
at a time reads and writes a domain's registry: a promotion changes what it has just looked at, and a run that is
RUNNING though nobody holds the lock was left so by a kill.
"""

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain_ft.registry.address import is_server, local_store_uri, model_url, run_url, runs_url, tracking_uri
from domain_ft.registry.tracking import connect, faults_as_sentences, locked
from domain_ft.store.home import Home

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREFIX = "domain_ft."
DOMAIN_TAG = PREFIX + "domain"
VERSION_TAG = PREFIX + "version"
HOST_TAG = PREFIX + "host"
HOME_TAG = PREFIX + "home"


@dataclass(frozen=True)
class Registry:
    """A domain's place in MLflow: its experiment (runs) and its registered model (versions and aliases)."""

    home: Home
    domain: str
    uri: str
    client: "MlflowClient"
    experiment_id: str

    @property
    def name(self) -> str:
        """The name of the registered model, and of the experiment."""
        return registered_name(self.domain)

    @property
    def url(self) -> str:
        """The page of the registered model with its versions and aliases."""
        return model_url(self.home, self.name)

    @property
    def writer(self) -> dict[str, str]:
        """Tags of a run that say under whose lock it is written: this host's, in this state root."""
        return {HOST_TAG: socket.gethostname(), HOME_TAG: str(self.home.root)}

    def run_url(self, run_id: str) -> str:
        """The page of one of the domain's runs."""
        return run_url(self.home, self.experiment_id, run_id)


def pages_of_runs(home: Home) -> dict[str, str]:
    """Domain -> the page of its runs, for every domain that MLflow knows."""
    uri = tracking_uri(home)
    with faults_as_sentences(uri):
        experiments = connect(home, uri).search_experiments()
    known = {each.tags[DOMAIN_TAG]: each.experiment_id for each in experiments if DOMAIN_TAG in each.tags}
    return {domain: runs_url(home, known[domain]) for domain in sorted(known)}


def registered_name(domain: str) -> str:
    """How a domain's registered model and experiment are called in MLflow."""
    return f"domain_ft-{domain}"


@contextmanager
def open_registry(home: Home, domain: str) -> Iterator[Registry]:
    """The domain's registry, for as long as the block lasts, and for this process alone.

    One process at a time reads and writes a domain's versions and aliases, so that a promotion decides on what it
    then changes. What goes wrong in MLflow inside the block is raised as a `DomainFtError`.
    """
    uri = tracking_uri(home)
    with faults_as_sentences(uri), registry_lock(home, domain):
        yield reached_registry(home, domain, uri)


def registry_lock(home: Home, domain: str) -> AbstractContextManager[None]:
    """The lock under which a domain's registry is read and written."""
    return locked(home, f"registry-{domain}", f"the registry of {domain}")


def reached_registry(home: Home, domain: str, uri: str) -> Registry:
    """The registry at `uri`, to whoever holds the domain's lock; runs that a killed process left open are closed."""
    client = connect(home, uri)
    registry = Registry(home, domain, uri, client, _experiment(client, home, domain, uri))
    _close_abandoned_runs(registry)
    return registry


def _close_abandoned_runs(registry: Registry) -> None:
    """End as KILLED every run of ours that is RUNNING: we hold the lock under which alone one is.

    Where the store is not this state root's own, other hosts and state roots write to it under locks of their own.
    """
    shared = registry.uri != local_store_uri(registry.home)
    open_ones = f"attributes.status = 'RUNNING' and tags.`{DOMAIN_TAG}` = '{registry.domain}'"
    for run in registry.client.search_runs([registry.experiment_id], open_ones):
        if not shared or registry.writer.items() <= run.data.tags.items():
            registry.client.set_terminated(run.info.run_id, "KILLED")


def _experiment(client: "MlflowClient", home: Home, domain: str, uri: str) -> str:
    """The id of the domain's experiment, created, or restored where somebody has deleted it."""
    from mlflow import MlflowException

    name = registered_name(domain)
    found = client.get_experiment_by_name(name)
    if found is None:
        place = None if is_server(uri) else (home.state / "mlflow-artifacts" / domain).as_uri()
        try:
            return str(client.create_experiment(name, place, {DOMAIN_TAG: domain}))
        except MlflowException:
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)
