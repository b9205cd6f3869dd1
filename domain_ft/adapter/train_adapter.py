"""Training an adapter, seen from outside: the one door for the command line and Dagster alike.

Nothing is trained here. What shall be trained is named (its version), looked for among the published adapters, and
otherwise handed to a process of its own, which is followed to its end. This side imports no torch.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from domain_ft.adapter.base_model import resolve_base_model
from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.quantization import resolve_quantization
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.version import adapter_version
from domain_ft.errors import InputError
from domain_ft.requirements.dataset import MADE_FROM
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, read_manifest, verify_folder
from domain_ft.training.door import Heard, TrainingOutcome, take_published
from domain_ft.training.job import BaseModelReference
from domain_ft.training.progress import OnEvent, TrainingEvent, ignore
from domain_ft.training.supervise import never, run_training

MODULE = "domain_ft.adapter.train"
TOLD_EVERY_S = 20.0
Run = Callable[..., None]


@dataclass(frozen=True)
class AdapterResult(TrainingOutcome):
    """A published adapter and what its training took."""

    validation: dict[str, float]
    base_validation: dict[str, float]
    tokens_per_second: float = field(kw_only=True)

    told: ClassVar[tuple[str, ...]] = (*TrainingOutcome.told, "tokens_per_second")


def train_adapter(
    *,
    domain: str,
    home: Home,
    dataset: Path,
    settings: AdapterTrainingSettings,
    on_event: OnEvent = ignore,
    cancelled: Callable[[], bool] = never,
    run: Run = run_training,
    make_current: bool = True,
) -> AdapterResult:
    """Train on a published dataset of requirements in a process of its own, or find the adapter already published.

    Raises InputError for what cannot be done as asked, TrainingStoppedError when cancelled (the same call goes on from
    its checkpoint), DomainFtError otherwise: each with one sentence.
    """
    job = describe_job(
        domain=domain,
        home=home,
        dataset=dataset,
        settings=settings,
        on_event=on_event,
        cancelled=cancelled,
        make_current=make_current,
    )
    if is_published(job.target):
        take_published(job, on_event)
        return AdapterResult.of(job.target, resumed=False, reused=True)
    verify_folder(job.dataset)
    heard = Heard(on_event)
    run(job, on_event=heard, cancelled=cancelled)
    return AdapterResult.of(job.target, resumed=heard.resumed, reused=heard.reused)


def describe_job(
    *,
    domain: str,
    home: Home,
    dataset: Path,
    settings: AdapterTrainingSettings,
    on_event: OnEvent = ignore,
    cancelled: Callable[[], bool] = never,
    make_current: bool = True,
) -> AdapterJob:
    """The job that a training is: base model found (or made, as a training) and checked, precision resolved, version
    computed."""
    if not is_published(dataset):
        raise InputError(f"{dataset}: no dataset is published there; build it first (domain-ft dataset {domain})")
    manifest = read_manifest(dataset)
    if manifest.get("made_from") != MADE_FROM:
        raise InputError(f"{dataset}: is no dataset of requirements; name a folder of {domain}/fixed")
    base = resolve_base_model(settings.base_model, settings.base_revision, home, MakingOfBase(on_event), cancelled)
    precision, bits = resolve_quantization(settings, home.cache)
    return AdapterJob(
        module=MODULE,
        domain=domain,
        version=adapter_version(
            settings, dataset_digest=manifest["digest"], base_sha256=base.sha256, precision=precision, bits=bits
        ),
        home=home.root,
        dataset=dataset.resolve(),
        dataset_digest=manifest["digest"],
        raw=home.raw(domain) / manifest["raw"],
        base=BaseModelReference(name=base.name, path=base.path.resolve(), sha256=base.sha256),
        precision=precision,
        bits=bits,
        settings=settings.model_dump(mode="json"),
        make_current=make_current,
    )


class MakingOfBase:
    """Progress of a base model that is made first, as events: a sentence for each step of it, and now and then."""

    def __init__(self, on_event: OnEvent, clock: Callable[[], float] = time.monotonic) -> None:
        self._on_event, self._clock = on_event, clock
        self._step, self._told_at = "", 0.0

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        now = self._clock()
        message = ""
        if step != self._step or now - self._told_at >= TOLD_EVERY_S:
            message = f"base model: {step}" + (f", {done:,} of {total:,}" if total else "")
            self._step, self._told_at = step, now
        self._on_event(TrainingEvent("base", done, total or 0, message=message))
