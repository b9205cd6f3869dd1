"""One training from job to published model: its steps in their order, each done elsewhere."""

import shutil
from pathlib import Path

from transformers import TrainerState

from domain_ft.embedding.assemble import Assembly, assemble_training
from domain_ft.embedding.freeze import ParameterCounts, count_parameters, freeze_unreached
from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.merge import Merge
from domain_ft.embedding.merge_model import merge_model
from domain_ft.embedding.mined_log import mined_rounds
from domain_ft.embedding.models import encode_texts
from domain_ft.embedding.outcome import (
    collapse_warning,
    left_out_warning,
    mining_warning,
    small_batches_warning,
    stagnation_warning,
    validation_warning,
)
from domain_ft.embedding.plan import TrainingPlan
from domain_ft.embedding.prefixes import column_prefixes
from domain_ft.embedding.probe import NothingToTrainError, probe_training
from domain_ft.embedding.publish_model import publish_model
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.trained import Training, Validation
from domain_ft.errors import InputError
from domain_ft.evaluation.collapse import Spread, mean_pairwise_cosine
from domain_ft.evaluation.evidence import few_clusters
from domain_ft.evaluation.statistics import Resampling
from domain_ft.evaluation.validation import validation_estimates, validation_metrics
from domain_ft.evaluation.vocabulary import vocabulary
from domain_ft.training.checkpoints import CHECKPOINTS
from domain_ft.training.device import describe_device
from domain_ft.training.estimate import estimate_training
from domain_ft.training.progress import OnEvent, TrainingEvent
from domain_ft.training.resume import last_usable, take_best, train_to_end
from domain_ft.training.stop import StopRequest, stopped
from domain_ft.training.trainer_log import losses

_SPREAD_TEXTS = 200
"""So many distinct texts tell whether a model has collapsed."""


def fit(job: EmbeddingJob, report: OnEvent, stop: StopRequest) -> Path | None:
    """Train, or go on from the last whole checkpoint, and publish; returns the model's folder (None beside rank 0).

    Raises TrainingStoppedError when asked to stop, after a checkpoint; DomainFtError where the outcome is unusable.
    """
    settings = TrainingSettings.model_validate(job.settings)
    parts = assemble_training(job, settings, report, stop)
    counts = _announce(job, settings, parts, report)
    if stop.asked:
        last = last_usable(job.work / CHECKPOINTS)
        raise stopped(stop, last.step if last else 0, parts.ending.steps)
    base_metrics = _base_metrics(job, settings, parts, report)
    base_spread = _mean_cosine(job, parts)
    state = train_to_end(parts.trainer, parts.ending, report, stop)
    if not parts.trainer.is_world_process_zero():
        return None
    take_best(parts.trainer, state)
    merge = merge_model(parts.trainer.model, Path(job.base.path), settings, parts.task, job.prefixes)
    if merge is not None:
        report(TrainingEvent("merged", state.global_step, parts.extent.steps, message=merge.sentence()))
    validation = _validation(job, settings, parts, state, base_metrics)
    spread = Spread(tuned=_mean_cosine(job, parts), base=base_spread)
    training = Training(
        settings=settings,
        device=describe_device(str(parts.trainer.args.device)),
        processes=parts.trainer.args.world_size,
        counts=counts,
        prefix=parts.prefix,
        examples=len(parts.examples),
        unit=parts.examples.unit,
        steps=state.global_step,
        best_step=state.best_global_step,
        spent=parts.stopwatch.spent,
        merge=merge,
        validation=validation,
        log=state.log_history,
        spread=spread,
        warnings=_warnings(job, settings, parts, state, merge, validation, spread),
    )
    for warning in training.warnings:
        report(TrainingEvent("warning", state.global_step, parts.extent.steps, message=warning))
    path = publish_model(job, parts.trainer.model, training)
    shutil.rmtree(job.work / CHECKPOINTS, ignore_errors=True)
    return path


def _announce(job: EmbeddingJob, settings: TrainingSettings, parts: Assembly, report: OnEvent) -> ParameterCounts:
    """Probe one batch, and tell the plan."""
    trainer = parts.trainer
    try:
        probe = probe_training(trainer, max(parts.batches.epoch(0), key=len))
    except NothingToTrainError:
        raise InputError(
            f"freeze_layers: {settings.freeze_layers} leaves nothing to train of {parts.layers} layers; use fewer"
        ) from None
    freeze_unreached(trainer.model)
    trainer.model.zero_grad(set_to_none=True)
    counts = count_parameters(trainer.model, settings.freeze_layers, parts.layers)
    task = parts.task
    estimate = estimate_training(
        probe,
        steps=parts.extent.steps,
        batches_per_step=settings.gradient_accumulation_steps,
        rows_per_batch=parts.batches.mean_size,
        evaluations=parts.extent.evaluations + 1,
        evaluated_texts=len(task.query_texts) + len(task.item_texts) if task else 0,
        mining_seconds=parts.rounds.seconds_to_come(parts.extent.steps) if parts.rounds else 0.0,
        trainable=counts.trainable,
    )
    plan = TrainingPlan(
        examples=len(parts.examples),
        unit=parts.examples.unit,
        left_out_per_epoch=parts.batches.left_out,
        steps=parts.extent.steps,
        steps_per_epoch=parts.extent.steps_per_epoch,
        rows_per_step=round(parts.batches.mean_size * settings.gradient_accumulation_steps * trainer.args.world_size),
        evaluations=parts.extent.evaluations,
        validation_queries=len(task.ranked) if task else 0,
        parameters=counts,
        device=describe_device(str(trainer.args.device)),
        precision=job.precision,
        estimate=estimate,
    )
    report(TrainingEvent("plan", 0, parts.extent.steps, plan.values(), plan.sentence()))
    return counts


def _base_metrics(job: EmbeddingJob, settings: TrainingSettings, parts: Assembly, report: OnEvent) -> dict[str, float]:
    """The base model's figures on validation: the step 0 of the curve."""
    if parts.task is None:
        if settings.merge_with_base == "auto":
            raise InputError("merge_with_base: auto chooses on validation, which has nothing to rank; name a share")
        return {}
    metrics = validation_metrics(parts.task, lambda texts: encode_texts(parts.trainer.model, texts), job.prefixes)
    if settings.checkpoint_metric not in metrics:
        raise InputError(
            f"validation_metric: {settings.checkpoint_metric} is not defined on this validation split; choose one of "
            f"{', '.join(sorted(metrics))}"
        )
    report(TrainingEvent("evaluation", 0, parts.extent.steps, metrics, "the base model, before training"))
    return metrics


def _validation(
    job: EmbeddingJob, settings: TrainingSettings, parts: Assembly, state: TrainerState, base: dict[str, float]
) -> Validation | None:
    if parts.task is None:
        return None
    tuned = validation_estimates(
        parts.task,
        lambda texts: encode_texts(parts.trainer.model, texts),
        Resampling(seed=settings.seed),
        job.prefixes,
    )
    return Validation(len(parts.task.ranked), len(parts.task.item_texts), settings.checkpoint_metric, tuned, base)


def _mean_cosine(job: EmbeddingJob, parts: Assembly) -> float:
    """The mean cosine between distinct training texts, evenly taken from their sorted list."""
    prefixes = column_prefixes(job.made_from, job.prefixes)
    anchors = (prefixes["anchor"] + text for text in parts.examples.anchors)
    texts = sorted({*anchors, *(prefixes["positive"] + text for text in parts.examples.partners)})
    chosen = texts[:: max(1, len(texts) // _SPREAD_TEXTS)][:_SPREAD_TEXTS]
    return mean_pairwise_cosine(encode_texts(parts.trainer.model, chosen))


def _warnings(
    job: EmbeddingJob,
    settings: TrainingSettings,
    parts: Assembly,
    state: TrainerState,
    merge: Merge | None,
    validation: Validation | None,
    spread: Spread,
) -> tuple[str, ...]:
    """What a person should know about the outcome."""
    metric, words = settings.checkpoint_metric, vocabulary(job.made_from)
    found = [
        *parts.examples.warnings,
        stagnation_warning(losses(state.log_history), settings),
        merge.warning() if merge else None,
        collapse_warning(spread),
        mining_warning(mined_rounds(state.log_history)),
        left_out_warning(parts.batches.left_out, len(parts.examples)),
        small_batches_warning(parts.batches.mean_size, parts.batches.size, len(parts.examples)),
        *(
            [f"no {words.unit} of validation has a relevant {words.item}, so the last weights were taken, not the best"]
            if validation is None
            else [
                validation_warning(metric, validation.means, validation.base),
                few_clusters(validation.tuned[metric].clusters, "validation", Resampling.confidence, words),
            ]
        ),
    ]
    return tuple(warning for warning in found if warning)
