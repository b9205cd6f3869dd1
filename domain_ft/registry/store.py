"""A domain's place in MLflow: its own experiment, with artifacts under the state root, and its registered model.

MLflow's default experiment keeps artifacts wherever one happens to stand, so nothing of ours goes there. One process
at a time reads and writes a domain's registry: a promotion changes what it has just looked at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain_ft.registry.address import is_server, model_url, run_url, tracking_uri
from domain_ft.registry.tracking import connect, faults_as_sentences, locked
from domain_ft.store.home import Home

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREFIX = "domain_ft."
DOMAIN_TAG = PREFIX + "domain"
VERSION_TAG = PREFIX + "version"


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

    def run_url(self, run_id: str) -> str:
        """The page of one of the domain's runs."""
        return run_url(self.home, self.experiment_id, run_id)


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
    with faults_as_sentences(uri), locked(home, f"registry-{domain}", f"the registry of {domain}"):
        client = connect(home, uri)
        yield Registry(home, domain, uri, client, _experiment(client, home, domain, uri))


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
