"""Registered versions: one per published model folder, which stays where it is; no weights are copied.

A version is an external model of MLflow (weights kept elsewhere) registered by its id, so that MLflow's pages lead
from the version to its run and figures. What a table of versions shows stands in the version's tags, and nothing else
does: MLflow's pages list them all. Where in Dagster something was made stands at the run.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain_ft.registry.address import TRACKING_VARIABLE
from domain_ft.registry.runs import DATASET_TAG
from domain_ft.registry.store import DOMAIN_TAG, PREFIX, VERSION_TAG, Registry
from domain_ft.safe_text import masked

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

VERDICT_TAG = PREFIX + "verdict"
BENCHMARK_TAG = PREFIX + "benchmark"
COMPARISON_TAG = PREFIX + "comparison_digest"
REFERENCE_TAG = PREFIX + "reference"
PRIMARY_TAG = PREFIX + "primary_metric"
SCORE_TAG = PREFIX + "score"
DIFFERENCE_TAG = PREFIX + "difference"
PROMOTED_TAG = PREFIX + "promoted_at"
ROLLED_BACK_TAG = PREFIX + "rolled_back"
MODEL_TAG = PREFIX + "model_id"
_GLOBAL_ADDRESS = threading.Lock()


@dataclass(frozen=True)
class RegisteredVersion:
    """A model version as the registry knows it; `number` is MLflow's own count, `version` names the folder."""

    version: str
    number: str
    run_id: str | None
    registered_at: float
    tags: Mapping[str, str]

    @property
    def model_id(self) -> str | None:
        """The id of MLflow's own record of the model, to which figures are tied."""
        return self.tags.get(MODEL_TAG)

    @property
    def rolled_back(self) -> str | None:
        """When a person put it aside by a rollback, as text; None if nobody has."""
        return self.tags.get(ROLLED_BACK_TAG)


def registered_versions(registry: Registry) -> list[RegisteredVersion]:
    """All versions of the domain, the newest first."""
    found: list[RegisteredVersion] = []
    token: str | None = None
    while True:
        page = registry.client.search_model_versions(f"name = '{registry.name}'", max_results=200, page_token=token)
        found += [_registered(entry) for entry in page if VERSION_TAG in entry.tags]
        token = page.token
        if not token:
            return sorted(found, key=lambda each: int(each.number), reverse=True)


def find_version(registry: Registry, version: str) -> RegisteredVersion | None:
    """The registered version of a model folder, or None."""
    return next((each for each in registered_versions(registry) if each.version == version), None)


def register_version(
    registry: Registry, version: str, run_id: str, dataset_digest: str, kind: str = "embedding"
) -> RegisteredVersion:
    """Register a published model once; a second call finds the first one's version. `kind` is what MLflow calls it."""
    found = find_version(registry, version)
    if found is not None:
        return found
    _ensure_registered_model(registry)
    model_id = _external_model(registry, version, run_id, kind)
    own = {VERSION_TAG: version, MODEL_TAG: model_id, DATASET_TAG: dataset_digest}
    with _as_global_address(registry.uri):
        entry = registry.client.create_model_version(
            registry.name,
            f"models:/{model_id}",
            run_id=run_id,
            tags={key: masked(str(value)) for key, value in own.items()},
            model_id=model_id,
        )
    link = [{"name": registry.name, "version": entry.version}]
    registry.client.set_logged_model_tags(model_id, {"mlflow.modelVersions": json.dumps(link)})
    return _registered(entry)


def tag_version(registry: Registry, number: str, tags: Mapping[str, str]) -> None:
    """Set tags on a registered version; credentials inside addresses are masked."""
    for key, value in tags.items():
        registry.client.set_model_version_tag(registry.name, number, key, masked(str(value)))


def describe_version(registry: Registry, number: str, sentence: str) -> None:
    """Give a version the sentence that MLflow shows on its page."""
    registry.client.update_model_version(registry.name, number, description=sentence)


def _registered(entry: "ModelVersion") -> RegisteredVersion:
    tags = dict(entry.tags)
    return RegisteredVersion(
        tags[VERSION_TAG], str(entry.version), entry.run_id or None, entry.creation_timestamp / 1000, tags
    )


def _ensure_registered_model(registry: Registry) -> None:
    from mlflow import MlflowException

    about = f"Models of the domain {registry.domain}; `champion` is the one in use."
    try:
        registry.client.create_registered_model(registry.name, {DOMAIN_TAG: registry.domain}, about)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _external_model(registry: Registry, version: str, run_id: str, kind: str) -> str:
    """The id of MLflow's record of the model folder: what an earlier, interrupted registration made, or a new one."""
    import mlflow
    from mlflow.entities import LoggedModelOutput

    found = registry.client.search_logged_models(
        [registry.experiment_id], f"tags.`{VERSION_TAG}` = '{version}'", max_results=1
    )
    if found:
        return str(found[0].model_id)
    tags = {DOMAIN_TAG: registry.domain, VERSION_TAG: version, PREFIX + "path": f"models/{registry.domain}/{version}"}
    with _as_global_address(registry.uri):
        model = mlflow.create_external_model(
            version, source_run_id=run_id, tags=tags, model_type=kind, experiment_id=registry.experiment_id
        )
    registry.client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    return str(model.model_id)


@contextmanager
def _as_global_address(uri: str) -> Iterator[None]:
    """Make `uri` MLflow's address for the whole process, for the few calls that take no other, and put it back.

    Without this, registering `models:/<id>` in a database looks the id up in whatever MLflow's default is, and leaves
    a stray `mlflow.db` in the working directory.
    """
    import mlflow

    with _GLOBAL_ADDRESS:
        variable: Any = os.environ.get(TRACKING_VARIABLE)
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        try:
            mlflow.set_tracking_uri(uri)
            yield
        finally:
            mlflow.set_tracking_uri(None if before == variable else before)
            if variable is None:
                os.environ.pop(TRACKING_VARIABLE, None)
            else:
                os.environ[TRACKING_VARIABLE] = variable
