"""Training an embedding model, seen from outside: the one door for the command line and Dagster alike.

Nothing is trained here. What shall be trained is named (its version), looked for among the published models, and
otherwise handed to a process of its own, which is followed to its end. This side imports no torch.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain_ft.embedding.models import resolve_base_model
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.version import training_version
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, point, read_manifest, verify_folder
from domain_ft.training.job import BaseModelReference, TrainingJob
from domain_ft.training.precision import resolve_precision
from domain_ft.training.progress import OnEvent, TrainingEvent, ignore
from domain_ft.training.supervise import TrainingOutOfMemoryError, never, run_training

MODULE = "domain_ft.embedding.train"


@dataclass(frozen=True)
class TrainingResult:
    """A published model and what its training took; `reused` when it was there already and nothing was trained."""

    version: str
    path: Path
    dataset_digest: str
    resumed: bool
    reused: bool
    steps: int
    seconds: float
    examples_per_second: float
    validation: dict[str, float] | None
    base_validation: dict[str, float] | None
    warnings: tuple[str, ...]
    mlflow_url: str | None = None
    """The page of its run, once it is registered."""

    def as_json(self) -> dict[str, Any]:
        """The result as the command line prints it."""
        return {**asdict(self), "path": str(self.path), "warnings": list(self.warnings)}


Run = Callable[..., None]


def train_embedding_model(
    *,
    domain: str,
    home: Home,
    dataset: Path,
    settings: TrainingSettings,
    on_event: OnEvent = ignore,
    cancelled: Callable[[], bool] = never,
    run: Run = run_training,
) -> TrainingResult:
    """Train on a published dataset in a process of its own, or find the model already published.

    With `auto_batch_size` a training that runs out of memory is started anew with half the batch, as the model of
    that batch size. Raises InputError for what cannot be done as asked, TrainingStoppedError when cancelled (the
    same call goes on from its checkpoint), DomainFtError otherwise: each with one sentence.
    """
    job = describe_job(domain=domain, home=home, dataset=dataset, settings=settings)
    if is_published(job.target):
        verify_folder(job.target)
        point(job.target.parent / "current", job.version)
        on_event(TrainingEvent("reused", message=f"{job.target} is already published"))
        return training_result(job.target, resumed=False, reused=True)
    resumed = False

    def listen(event: TrainingEvent) -> None:
        nonlocal resumed
        resumed = resumed or event.kind == "resumed"
        on_event(event)

    try:
        run(job, on_event=listen, cancelled=cancelled)
    except TrainingOutOfMemoryError as error:
        half = settings.batch_size // 2
        if not settings.auto_batch_size or half == 0:
            raise
        on_event(TrainingEvent("retry", values={"batch_size": half}, message=f"{error}; tries batch_size {half}"))
        smaller = settings.model_copy(update={"batch_size": half})
        return train_embedding_model(
            domain=domain, home=home, dataset=dataset, settings=smaller, on_event=on_event, cancelled=cancelled, run=run
        )
    return training_result(job.target, resumed=resumed, reused=False)


def describe_job(*, domain: str, home: Home, dataset: Path, settings: TrainingSettings) -> TrainingJob:
    """The job that a training is: base model found and checked, precision resolved, version computed."""
    if not is_published(dataset):
        raise InputError(f"{dataset}: no dataset is published there; build it first (domain-ft dataset {domain})")
    manifest = read_manifest(dataset)
    if manifest.get("kind") != "triplets":
        raise InputError(f"{dataset}: holds {manifest.get('kind')!r}, not triplets; name a folder of triplets")
    raw = home.raw(domain) / manifest["raw"]
    if not is_published(raw):
        raise DomainFtError(f"{raw}: the history that {dataset.name} was mined from is gone; build the dataset again")
    base = resolve_base_model(settings.base_model, settings.base_revision, home)
    precision = resolve_precision(settings.precision, settings.device, home.cache)
    return TrainingJob(
        module=MODULE,
        domain=domain,
        version=training_version(
            settings, dataset_digest=manifest["digest"], base_sha256=base.sha256, precision=precision
        ),
        home=home.root,
        dataset=dataset.resolve(),
        dataset_digest=manifest["digest"],
        raw=raw,
        relevance=manifest["settings"]["relevance"],
        base=BaseModelReference(name=base.name, path=base.path.resolve(), sha256=base.sha256),
        precision=precision,
        settings=settings.model_dump(mode="json"),
    )


def training_result(model: Path, *, resumed: bool, reused: bool) -> TrainingResult:
    """What a published model's manifest says about its training."""
    manifest = read_manifest(model)
    return TrainingResult(
        version=manifest["version"],
        path=model,
        dataset_digest=manifest["dataset_digest"],
        resumed=resumed,
        reused=reused,
        steps=manifest["steps"],
        seconds=manifest["duration_s"],
        examples_per_second=manifest["examples_per_second"],
        validation=manifest["validation"],
        base_validation=manifest["base_validation"],
        warnings=tuple(manifest["warnings"]),
    )
