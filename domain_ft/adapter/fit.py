"""One training from job to published adapter: its steps in their order, each done elsewhere."""

import os
import shutil
from pathlib import Path

from transformers import TrainerState

from domain_ft.adapter.assemble import Assembly, assemble_training
from domain_ft.adapter.base_model import is_demonstration
from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.label_mask import LEARNED, shortened
from domain_ft.adapter.outcome import rate_warning, validation_warning
from domain_ft.adapter.plan import AdapterPlan
from domain_ft.adapter.probe import estimate, probe_training
from domain_ft.adapter.publish_adapter import publish_adapter
from domain_ft.adapter.quantization import refused_if_impossible
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.trained import AdapterTraining
from domain_ft.errors import InputError
from domain_ft.training.available import available_memory, peak_memory
from domain_ft.training.checkpoints import CHECKPOINTS
from domain_ft.training.device import describe_device
from domain_ft.training.progress import OnEvent, TrainingEvent
from domain_ft.training.resume import last_usable, take_best, train_to_end
from domain_ft.training.stop import StopRequest, stopped
from domain_ft.training.trainer_log import validation_values


def fit(job: AdapterJob, report: OnEvent, stop: StopRequest) -> Path:
    """Train, or go on from the last whole checkpoint, and publish; returns the adapter's folder.

    Raises TrainingStoppedError when asked to stop, after a checkpoint; DomainFtError where the outcome is unusable.
    """
    settings = AdapterTrainingSettings.model_validate(job.settings)
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise InputError("an adapter is trained by one process; start it without a launcher")
    parts = assemble_training(job, settings, report, stop)
    _announce(job, settings, parts, report)
    too_fast = rate_warning(settings.learning_rate, is_demonstration(job.base.path))
    if too_fast:
        report(TrainingEvent("warning", 0, parts.ending.steps, message=too_fast))

    def end_if_asked() -> None:
        if stop.asked:
            last = last_usable(job.work / CHECKPOINTS)
            raise stopped(stop, last.step if last else 0, parts.ending.steps)

    base = parts.data.task.metrics(parts.trainer.model, end_if_asked)
    report(TrainingEvent("evaluation", 0, parts.ending.steps, base, "the base model, before training"))
    state = train_to_end(parts.trainer, parts.ending, report, stop)
    take_best(parts.trainer, state)
    training = _training(job, settings, parts, state, base, too_fast)
    for warning in training.warnings[bool(too_fast) :]:
        report(TrainingEvent("warning", state.global_step, parts.ending.steps, message=warning))
    path = publish_adapter(job, parts.trainer.model, parts.chat, training)
    shutil.rmtree(job.work / CHECKPOINTS, ignore_errors=True)
    return path


def _announce(job: AdapterJob, settings: AdapterTrainingSettings, parts: Assembly, report: OnEvent) -> None:
    """Show what is learned, probe a batch, and tell the plan."""
    sentence = f"what is learned stands between {' and '.join(LEARNED)}: {shortened(parts.preview)}"
    report(TrainingEvent("labels", values={"preview": parts.preview}, message=sentence))
    with refused_if_impossible(settings):
        probe = probe_training(parts.trainer, parts.data.train, parts.data.task, settings)
    trainable, total = parts.trainer.model.get_nb_trainable_parameters()
    device = str(parts.trainer.args.device)
    plan = AdapterPlan(
        examples=len(parts.data.train),
        truncated=parts.data.train.truncated,
        dropped=parts.data.train.dropped,
        train_tokens=parts.data.train.tokens,
        steps=parts.ending.steps,
        steps_per_epoch=parts.steps_per_epoch,
        evaluations=parts.evaluations,
        validation_concepts=len(parts.data.task.concepts),
        trainable_parameters=trainable,
        total_parameters=total,
        device=describe_device(device),
        precision=job.precision if job.bits is None else f"{job.precision}, weights in {job.bits} bits",
        available_memory_bytes=available_memory(device),
        estimate=estimate(
            probe,
            settings=settings,
            rows=parts.data.train,
            task=parts.data.task,
            steps=parts.ending.steps,
            evaluations=parts.evaluations + 1,
            trainable=trainable,
        ),
    )
    report(TrainingEvent("plan", 0, parts.ending.steps, plan.values(), plan.sentence()))


def _training(
    job: AdapterJob,
    settings: AdapterTrainingSettings,
    parts: Assembly,
    state: TrainerState,
    base: dict[str, float],
    too_fast: str | None,
) -> AdapterTraining:
    device = str(parts.trainer.args.device)
    tuned = _measured(state) or parts.data.task.metrics(parts.trainer.model)
    trainable, total = parts.trainer.model.get_nb_trainable_parameters()
    found = [
        too_fast,
        parts.data.train.warning("train"),
        parts.data.validation.warning("validation"),
        validation_warning(tuned, base),
    ]
    return AdapterTraining(
        settings=settings,
        device=describe_device(device),
        train=parts.data.train,
        validation=parts.data.validation,
        trainable=trainable,
        total=total,
        steps=state.global_step,
        best_step=state.best_global_step,
        spent=parts.trainer.stopwatch.spent,
        peak_memory_bytes=peak_memory(device),
        tuned=tuned,
        base=base,
        log=state.log_history,
        warnings=tuple(warning for warning in found if warning),
    )


def _measured(state: TrainerState) -> dict[str, float]:
    """What the log says of the weights that are published; empty where they were never evaluated."""
    step = state.best_global_step or state.global_step
    found = [values for entry in state.log_history if entry["step"] == step and (values := validation_values(entry))]
    return found[-1] if found else {}
