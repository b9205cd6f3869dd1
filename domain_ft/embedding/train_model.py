"""Training an embedding model, seen from outside: the one door for the command line and Dagster alike.

Nothing is trained here. What shall be trained is named (its version), looked for among the published models, and
otherwise handed to a process of its own, which is followed to its end. This side imports no torch.
"""

from collections.abc import Callable
from pathlib import Path

from domain_ft.embedding.cross_encoder import resolve_cross_encoder
from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.models import resolve_base_model
from domain_ft.embedding.prefixes import resolve_prefixes
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.version import training_version
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, read_manifest, verify_folder
from domain_ft.training.door import Heard, TrainingOutcome, take_published
from domain_ft.training.job import BaseModelReference
from domain_ft.training.precision import resolve_precision
from domain_ft.training.progress import OnEvent, TrainingEvent, ignore
from domain_ft.training.supervise import TrainingOutOfMemoryError, never, run_training

MODULE = "domain_ft.embedding.train"


class TrainingResult(TrainingOutcome):
    """A published model and what its training took."""


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
    make_current: bool = True,
) -> TrainingResult:
    """Train on a published dataset in a process of its own, or find the model already published.

    With `auto_batch_size` a training that runs out of memory is started anew with half the batch, as the model of
    that batch size. Raises InputError for what cannot be done as asked, TrainingStoppedError when cancelled (the
    same call goes on from its checkpoint), DomainFtError otherwise: each with one sentence.
    """
    while True:
        job = describe_job(domain=domain, home=home, dataset=dataset, settings=settings, make_current=make_current)
        if is_published(job.target):
            take_published(job, on_event)
            return TrainingResult.of(job.target, resumed=False, reused=True)
        verify_folder(job.dataset)
        verify_folder(job.raw)
        heard = Heard(on_event)
        try:
            run(job, on_event=heard, cancelled=cancelled)
        except TrainingOutOfMemoryError as error:
            settings = _halved(settings, error, on_event)
        else:
            return TrainingResult.of(job.target, resumed=heard.resumed, reused=heard.reused)


def _halved(settings: TrainingSettings, error: TrainingOutOfMemoryError, on_event: OnEvent) -> TrainingSettings:
    """The settings with half the batch; the error itself where that is not asked for, or nothing is left to halve."""
    half = settings.batch_size // 2
    if not settings.auto_batch_size or half == 0:
        raise error
    on_event(TrainingEvent("retry", values={"batch_size": half}, message=f"{error}; tries batch_size {half}"))
    return settings.model_copy(update={"batch_size": half})


def describe_job(
    *, domain: str, home: Home, dataset: Path, settings: TrainingSettings, make_current: bool = True
) -> EmbeddingJob:
    """The job that a training is: base model found and checked, precision resolved, version computed."""
    if not is_published(dataset):
        raise InputError(f"{dataset}: no dataset is published there; build it first (domain-ft dataset {domain})")
    manifest = read_manifest(dataset)
    if manifest.get("kind") != "triplets":
        raise InputError(f"{dataset}: holds {manifest.get('kind')!r}, not triplets; name a folder of triplets")
    raw = home.raw(domain) / manifest["raw"]
    if not is_published(raw):
        raise DomainFtError(f"{raw}: the tables that {dataset.name} was made from are gone; build the dataset again")
    base = resolve_base_model(settings.base_model, settings.base_revision, home)
    precision = resolve_precision(settings.precision, settings.device, home.cache)
    prefixes = resolve_prefixes(settings, base.name, base.path)
    cross_encoder = _cross_encoder(settings, home)
    return EmbeddingJob(
        module=MODULE,
        domain=domain,
        version=training_version(
            settings,
            dataset_digest=manifest["digest"],
            base_sha256=base.sha256,
            precision=precision,
            prefixes=prefixes,
            cross_encoder_sha256=cross_encoder.sha256 if cross_encoder else None,
        ),
        home=home.root,
        dataset=dataset.resolve(),
        dataset_digest=manifest["digest"],
        raw=raw,
        relevance=manifest["relevance"]["name"],
        made_from=manifest["made_from"],
        base=BaseModelReference(name=base.name, path=base.path.resolve(), sha256=base.sha256),
        cross_encoder=cross_encoder,
        precision=precision,
        query_prefix=prefixes.query,
        passage_prefix=prefixes.passage,
        settings=settings.model_dump(mode="json"),
        make_current=make_current,
    )


def _cross_encoder(settings: TrainingSettings, home: Home) -> BaseModelReference | None:
    """What may veto the negatives that are mined, where any are."""
    if settings.hard_negatives == "off" or settings.hard_negatives_cross_encoder is None:
        return None
    found = resolve_cross_encoder(settings.hard_negatives_cross_encoder, home)
    return BaseModelReference(name=found.name, path=found.path.resolve(), sha256=found.sha256)
