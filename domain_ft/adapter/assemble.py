"""Everything that the training of an adapter needs, put together: model, adapter, data, trainer."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transformers import set_seed

from domain_ft.adapter.base_model import require_base
from domain_ft.adapter.chat import Chat
from domain_ft.adapter.data import AdapterData, read_data
from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.label_mask import check_labels, label_preview
from domain_ft.adapter.lora import add_adapter
from domain_ft.adapter.outcome import divergence_message
from domain_ft.adapter.quantization import loading_options, refused_if_impossible, require_room, torch_dtype
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.task import SCORE
from domain_ft.adapter.trainer import AdapterTrainer, row_collator, row_dataset, trainer_arguments
from domain_ft.errors import DomainFtError
from domain_ft.llm.causal import load_causal_model, require_known_tokens
from domain_ft.model_folders.digest import model_digest
from domain_ft.training.callbacks import Ending, Steering, Stopwatch, Telling
from domain_ft.training.checkpoints import CHECKPOINTS
from domain_ft.training.device import resolve_device
from domain_ft.training.log import TENSORBOARD
from domain_ft.training.precision import check_precision
from domain_ft.training.progress import OnEvent
from domain_ft.training.stop import StopRequest

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Assembly:
    """A training that is ready to start."""

    trainer: AdapterTrainer
    chat: Chat
    data: AdapterData
    ending: Ending
    steps_per_epoch: int
    preview: str
    """The first row, with what is learned of it marked."""

    @property
    def evaluations(self) -> int:
        """On the way."""
        return math.ceil(self.ending.steps / self.steps_per_epoch)


def assemble_training(
    job: AdapterJob, settings: AdapterTrainingSettings, report: OnEvent, stop: StopRequest
) -> Assembly:
    """Load, check and connect all parts; InputError where the settings ask for what the model or device cannot do."""
    device = resolve_device(settings.device)
    check_precision(job.precision, device)
    base, chat = _load_base(job, settings, device)
    data = read_data(job, settings, chat, getattr(base.config, "max_position_embeddings", None))
    require_known_tokens(base, data.tokens, job.base.path)
    batches = math.ceil(len(data.train) / settings.batch_size)
    steps_per_epoch = math.ceil(batches / settings.gradient_accumulation_steps)
    steps = settings.max_steps or math.ceil(settings.epochs * steps_per_epoch)
    ending = Ending(steps, SCORE, settings.early_stopping_patience, settings.early_stopping_min_delta)
    set_seed(settings.seed)
    model = add_adapter(base if job.bits else base.to(device), settings)
    trainer = _trainer(job, settings, model, chat, data, ending, steps_per_epoch, report, stop)
    return Assembly(trainer, chat, data, ending, steps_per_epoch, _checked_preview(trainer, data, chat))


def _load_base(job: AdapterJob, settings: AdapterTrainingSettings, device: str) -> tuple["PreTrainedModel", Chat]:
    """The base model, on its device where it is quantized, and its chat template."""
    require_base(job.base.path, model_digest(job.base.path), job.base.sha256)
    require_room(job, settings, device)
    with refused_if_impossible(settings):
        base, tokenizer = load_causal_model(
            job.base.path,
            torch_dtype(job.precision),
            mend="copy the whole model again" if job.bits is None else "use quantization: bf16, fp32 or none",
            **loading_options(job.precision, job.bits, device),
        )
    return base, Chat(tokenizer, job.base.path)


def _trainer(
    job: AdapterJob,
    settings: AdapterTrainingSettings,
    model: "PeftModel",
    chat: Chat,
    data: AdapterData,
    ending: Ending,
    steps_per_epoch: int,
    report: OnEvent,
    stop: StopRequest,
) -> AdapterTrainer:
    stopwatch = Stopwatch()

    def divergence(step: int) -> str:
        return divergence_message(step, settings, job.precision)

    return AdapterTrainer(
        task=data.task,
        stopwatch=stopwatch,
        divergence=divergence,
        stop=stop,
        model=model,
        args=trainer_arguments(
            settings,
            folder=job.work / CHECKPOINTS,
            device=resolve_device(settings.device),
            precision=job.precision,
            steps_per_epoch=steps_per_epoch,
        ),
        train_dataset=row_dataset(data.train.rows),
        eval_dataset=row_dataset(data.validation.rows),
        data_collator=row_collator(chat.pad),
        processing_class=chat.tokenizer,
        callbacks=[
            stopwatch,
            Telling(report, stopwatch, job.work / TENSORBOARD),
            Steering(ending, divergence, stop),
        ],
    )


def _checked_preview(trainer: AdapterTrainer, data: AdapterData, chat: Chat) -> str:
    """The preview of the first whole row; DomainFtError where its labels are wrong, which is a fault of ours."""
    whole = [row for row in data.train.rows if row.completion[-1] == chat.end]
    batch = trainer.collate(whole[: trainer.args.per_device_train_batch_size])
    wrong = check_labels(chat, batch["labels"].tolist())
    if wrong:
        raise DomainFtError(f"the labels of the training are wrong: {wrong}; nothing was trained")
    return label_preview(chat, batch["input_ids"][0].tolist(), batch["labels"][0].tolist())
