"""Everything that a training needs, put together: model, batches, loss, validation, trainer."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import datasets
from transformers import TrainerCallback

from domain_ft.embedding.batches import Batches
from domain_ft.embedding.collate import LABEL, Collator
from domain_ft.embedding.current_rows import CurrentRows, make_batches
from domain_ft.embedding.data import read_related_pairs, read_training_rows, read_validation_task
from domain_ft.embedding.distinct_texts import DistinctTexts
from domain_ft.embedding.dropout import use_cheap_dropout
from domain_ft.embedding.examples import Examples
from domain_ft.embedding.freeze import freeze_lower_layers, transformer_layers
from domain_ft.embedding.frozen_prefix import divide_encoder
from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.length_groups import CPU_COST, GPU_COST, GroupCost, LengthGroups
from domain_ft.embedding.losses import LOSSES, build_loss
from domain_ft.embedding.models import load_model
from domain_ft.embedding.negative_rounds import NegativeRounds, first_round
from domain_ft.embedding.outcome import divergence_message
from domain_ft.embedding.prefix_cache import PrefixUse, UpperHalf, fill_prefix_cache, unused
from domain_ft.embedding.prefixes import column_prefixes
from domain_ft.embedding.relation import Relation, RelationCollator
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.trainer import EmbeddingTrainer, ValidationEvaluator, trainer_arguments
from domain_ft.errors import DomainFtError
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.model_folders.digest import model_digest
from domain_ft.training.callbacks import Ending, Steering, Stopwatch, Telling
from domain_ft.training.checkpoints import CHECKPOINTS
from domain_ft.training.device import resolve_device
from domain_ft.training.log import TENSORBOARD
from domain_ft.training.precision import check_precision
from domain_ft.training.progress import OnEvent, TrainingEvent
from domain_ft.training.stop import StopRequest

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class Extent:
    """How long a training is, in optimizer steps."""

    steps_per_epoch: int
    steps: int
    evaluations: int


@dataclass(frozen=True)
class Assembly:
    """A training that is ready to start."""

    trainer: EmbeddingTrainer
    stopwatch: Stopwatch
    batches: Batches
    examples: Examples
    task: RetrievalTask | None
    layers: int
    extent: Extent
    ending: Ending
    prefix: PrefixUse | None
    """What became of the frozen layers; None where none are frozen."""
    rounds: NegativeRounds | None
    """What mines hard negatives; None where that is not asked for."""


def assemble_training(job: EmbeddingJob, settings: TrainingSettings, report: OnEvent, stop: StopRequest) -> Assembly:
    """Load, check and connect all parts; InputError where the settings ask for what the model or device cannot do."""
    device = resolve_device(settings.device)
    check_precision(job.precision, device)
    model = _load_base(job, settings, device)
    given = read_training_rows(job.dataset)
    rounds = None if settings.hard_negatives == "off" else first_round(job, settings, given, model, report)
    recipe = LOSSES[settings.loss]
    examples = recipe.examples(given if rounds is None else rounds.triplets(), settings)
    heeds_related = recipe.in_batch_negatives or recipe.masks_related
    related = list(read_related_pairs(job.dataset, job.raw)) if heeds_related else []
    batches = make_batches(examples, settings, related, whole="WORLD_SIZE" in os.environ)
    if device == "cpu":
        use_cheap_dropout(model)
    layers = transformer_layers(model)
    freeze_lower_layers(model.transformers_model, settings.freeze_layers)
    task = read_validation_task(
        job.dataset,
        job.raw,
        queries=settings.validation_queries,
        tests=settings.validation_tests,
        seed=settings.seed,
    )
    extent = _extent(batches, settings, validated=task is not None)
    stopwatch = Stopwatch()
    rows = CurrentRows(examples, batches)
    ending = Ending(extent.steps, settings.checkpoint_metric, settings.early_stopping_patience)
    steering = Steering(ending, lambda step: divergence_message(step, settings, job.precision), stop)
    callbacks: list[TrainerCallback] = [stopwatch, steering]
    if os.environ.get("RANK", "0") == "0":
        callbacks.insert(1, Telling(report, stopwatch, job.work / TENSORBOARD))
    if rounds is not None:
        rounds.serve(rows, related, extent.steps_per_epoch)
        callbacks.append(rounds)
    upper, undivided = _upper_half(model, settings)
    encoder = _encoder(model, upper, settings, device)
    trainer = EmbeddingTrainer(
        settings=settings,
        rows=rows,
        rounds=rounds,
        stopwatch=stopwatch,
        model=model,
        args=trainer_arguments(
            settings,
            folder=job.work / CHECKPOINTS,
            device=device,
            precision=job.precision,
            steps_per_epoch=extent.steps_per_epoch,
            validated=task is not None,
        ),
        train_dataset=_dataset(examples),
        data_collator=_collator(job, settings, examples, related, model),
        loss=build_loss(model, settings, encoder or model),
        encoder=encoder,
        evaluator=None if task is None else ValidationEvaluator(task, settings.checkpoint_metric, job.prefixes),
        callbacks=callbacks,
    )
    prefix = None
    if settings.freeze_layers:
        filled = upper and fill_prefix_cache(upper, trainer, job, _cost(device), stop, rounds.texts() if rounds else {})
        prefix = filled or unused(settings.freeze_layers, undivided)
        report(TrainingEvent("prefix", 0, extent.steps, prefix.values(), prefix.sentence))
    return Assembly(trainer, stopwatch, batches, examples, task, len(layers), extent, ending, prefix, rounds)


def _extent(batches: Batches, settings: TrainingSettings, *, validated: bool) -> Extent:
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    steps_per_epoch = math.ceil(len(batches) // processes / settings.gradient_accumulation_steps)
    steps = settings.max_steps or math.ceil(settings.epochs * steps_per_epoch)
    evaluations = math.ceil(steps / (settings.eval_steps or steps_per_epoch)) if validated else 0
    return Extent(steps_per_epoch, steps, evaluations)


def _load_base(job: EmbeddingJob, settings: TrainingSettings, device: str) -> "SentenceTransformer":
    found = model_digest(job.base.path)
    if found != job.base.sha256:
        raise DomainFtError(
            f"{job.base.path}: has changed since the job was written (sha256 {found}, then {job.base.sha256}); "
            "start the training again"
        )
    return load_model(job.base.path, device=device, max_seq_length=settings.max_seq_length)


def _collator(
    job: EmbeddingJob,
    settings: TrainingSettings,
    examples: Examples,
    related: Sequence[tuple[str, str]],
    model: "SentenceTransformer",
) -> Collator:
    prefixes = column_prefixes(job.made_from, job.prefixes)
    if not LOSSES[settings.loss].masks_related:
        return Collator(model.preprocess, prefixes)
    positives = zip(examples.anchors, examples.partners, strict=True)
    return RelationCollator(model.preprocess, Relation(positives, related), prefixes)


def _dataset(examples: Examples) -> datasets.Dataset:
    labels = {} if examples.labels is None else {LABEL: examples.labels}
    return datasets.Dataset.from_dict({**examples.columns, **labels})


def _upper_half(model: "SentenceTransformer", settings: TrainingSettings) -> tuple[UpperHalf | None, str]:
    """What learns of a model with frozen layers, or why it is not run apart from them."""
    if not 0 < settings.freeze_layers < len(transformer_layers(model)):
        return None, "nothing learns above them"
    if not _may_be_wrapped(model, settings):
        return None, "this loss needs the whole model where several processes train, or texts are padded at their left"
    divided = divide_encoder(model, settings.freeze_layers)
    if divided is None:
        return None, f"{type(model.transformers_model).__name__} cannot be divided between two layers"
    return UpperHalf(model, divided), ""


def _encoder(
    model: "SentenceTransformer", upper: UpperHalf | None, settings: TrainingSettings, device: str
) -> DistinctTexts | None:
    """What a loss encodes with: each text once, short beside short, above the frozen layers; None: the plain model."""
    if not _may_be_wrapped(model, settings):
        return None
    return DistinctTexts(LengthGroups(upper or model, _cost(device)), model.tokenizer.pad_token_id or 0)


def _may_be_wrapped(model: "SentenceTransformer", settings: TrainingSettings) -> bool:
    """Whether the loss may hold something in the place of the model.

    A loss that runs the model again in the backward pass must hold it bare when several processes train: it has them
    meet once a step, not once a group, of which each process has another number.
    """
    cached = settings.loss == "cached_multiple_negatives_ranking"
    return model.tokenizer.padding_side == "right" and not (cached and "WORLD_SIZE" in os.environ)


def _cost(device: str) -> GroupCost:
    return CPU_COST if device == "cpu" else GPU_COST
