"""One base of a comparison: tuned with the domain's settings, and judged on validation.

As in a sweep, choosing a base is choosing a setting: the test split is not looked at, no pointer moves, nothing is
registered. The model's name is that of its content, so that `training.base_model: <this base>` finds it trained.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain_ft.bases.record import BaseRecord, write_record
from domain_ft.domain import EmbeddingDomain
from domain_ft.embedding.base_choice import BaseChoice
from domain_ft.embedding.train_model import TrainingResult, train_embedding_model
from domain_ft.errors import InputError
from domain_ft.progress import Progress, silent
from domain_ft.store.home import Home
from domain_ft.training.progress import OnEvent, ignore
from domain_ft.training.supervise import never

if TYPE_CHECKING:
    from domain_ft.evaluation.benchmark import BenchmarkResult

SPLIT = "validation"


@dataclass(frozen=True)
class TrainedBase:
    """A base that was tuned, and what its benchmark on validation says."""

    base: BaseChoice
    training: TrainingResult
    benchmark: "BenchmarkResult"


def require_bases(domain: EmbeddingDomain) -> None:
    """Refuse a domain that names no base models to compare."""
    if not domain.bases:
        raise InputError(f"{domain.file}: {domain.name} compares no bases; add base_models, such as [starter, FOLDER]")


def chosen_base(domain: EmbeddingDomain, key: str) -> BaseChoice:
    """The base of that key; InputError names those there are."""
    for base in domain.bases:
        if base.key == key:
            return base
    known = ", ".join(base.key for base in domain.bases) or "none"
    raise InputError(f"{key}: {domain.name} compares no such base; its base_models are: {known}")


def on_base(domain: EmbeddingDomain, base: BaseChoice) -> EmbeddingDomain:
    """The domain as it is with this base, judged on validation."""
    overrides: dict[str, Any] = {**base.settings, "benchmark.split": SPLIT}
    return domain.with_overrides(overrides)


def train_base(
    domain: EmbeddingDomain,
    home: Home,
    base: BaseChoice,
    dataset: Path | None = None,
    *,
    on_event: OnEvent = ignore,
    cancelled: Callable[[], bool] = never,
    progress: Progress = silent,
) -> TrainedBase:
    """Tune a base on a dataset (None: the newest), judge it on validation, and note both for the comparison."""
    from domain_ft.datasets import current_dataset, require_sound
    from domain_ft.judge import judge_model

    dataset = dataset or current_dataset(home, domain.name)
    require_sound(dataset)
    settled = on_base(domain, base)
    training = train_embedding_model(
        domain=domain.name,
        home=home,
        dataset=dataset,
        settings=settled.training,
        on_event=on_event,
        cancelled=cancelled,
        make_current=False,
    )
    write_record(home, domain.name, base.key, BaseRecord(str(base), training.version, dataset.name))
    judged = judge_model(settled, home, training.path, progress=progress, make_current=False)
    record = BaseRecord(str(base), training.version, dataset.name, judged.digest)
    write_record(home, domain.name, base.key, record)
    return TrainedBase(base, training, judged)
