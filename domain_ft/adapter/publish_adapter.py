"""From a trained adapter in memory to a published folder: written, loaded again, tried, and only then seen."""

import json
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from domain_ft.adapter.base_model import is_demonstration
from domain_ft.adapter.card import adapter_card
from domain_ft.adapter.chat import Chat
from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.load import put_adapter
from domain_ft.adapter.rows import Row
from domain_ft.adapter.trained import AdapterTraining
from domain_ft.adapter.training_info import training_info
from domain_ft.adapter.version import ADAPTER_CODE_VERSION
from domain_ft.errors import DomainFtError
from domain_ft.model_folders.demonstration import demonstration_note
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.store.home import Home
from domain_ft.store.kinds import ADAPTER_KIND
from domain_ft.store.publish import point, publish_folder, write_json
from domain_ft.training.log import TENSORBOARD, TRAINING_LOG, finite_figures
from domain_ft.training.trainer_log import losses, validation_values

if TYPE_CHECKING:
    from peft import PeftModel

INFO = "training_info.json"
_LIBRARIES = ("domain-ft", "torch", "transformers", "trl", "peft", "tokenizers", "accelerate", "safetensors")
_LOGGED = ("step", "epoch", "loss", "learning_rate", "grad_norm")
_TRIED = 8
"""So many of the first answer's tokens are compared."""
_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}
_TOLERANCE, _TOLERANCE_ROUNDED = 1e-4, 2e-2
"""Of the largest logit: so far may they differ, where weights are held at 32 bits, and where they are held at fewer."""


def publish_adapter(job: AdapterJob, model: "PeftModel", chat: Chat, training: AdapterTraining) -> Path:
    """Publish the adapter under its version and, unless the job says otherwise, point the domain's `current` to it.

    The model is spent (`try_adapter`).
    """

    def write(folder: Path) -> dict[str, Any]:
        save_adapter(model, folder, job)
        chat.tokenizer.save_pretrained(str(folder))
        write_json(folder / INFO, training_info(job, training))
        _write_log(folder / TRAINING_LOG, training)
        if (job.work / TENSORBOARD).is_dir():
            shutil.copytree(job.work / TENSORBOARD, folder / TENSORBOARD)
        try_adapter(folder, model, training.validation.rows[0], job)
        manifest = adapter_manifest(job, training)
        (folder / "README.md").write_text(adapter_card(job, training, demonstration_note(manifest)), encoding="utf-8")
        return manifest

    path = publish_folder(job.target, write)
    if job.make_current:
        point(Home(job.home).models(job.domain) / "current", job.version)
    return path


def save_adapter(model: "PeftModel", folder: Path, job: AdapterJob) -> None:
    """Write weights and configuration; the base is named as the settings name it, for its folder is this machine's."""
    model.save_pretrained(str(folder), save_embedding_layers=False)
    config = folder / "adapter_config.json"
    write_json(config, json.loads(config.read_bytes()) | {"base_model_name_or_path": job.base.name})
    (folder / "README.md").unlink(missing_ok=True)


def try_adapter(folder: Path, model: "PeftModel", row: Row, job: AdapterJob) -> None:
    """Put an adapter's folder on the model's base, and compare its logits with those of the model in memory.

    The model gives up its own adapter for that, so that no second base has to fit into memory, and is spent. The base
    itself was read from its folder, and has not changed. Both compute as the training did: it has wrapped the model in
    autocast where it works at 16 bits, and the other would otherwise compute the adapter at 32. DomainFtError where
    logits differ, or are none.
    """
    ids = torch.tensor([[*row.prompt, *row.completion[:_TRIED]]], device=model.device)
    with torch.autocast(model.device.type, _AUTOCAST.get(job.precision), enabled=job.precision in _AUTOCAST):
        here = _logits(model, ids)
        there = _logits(put_adapter(model.unload(), folder), ids)
    far = float((there - here).abs().max() / here.abs().max())
    exact = job.precision == "fp32" and job.bits is None
    if not far <= (_TOLERANCE if exact else _TOLERANCE_ROUNDED):
        raise DomainFtError(
            f"the saved adapter does not compute what the trained one does (logits differ by {far:.2%}), so it was "
            "not published; try a lower learning_rate, or train again"
        )


def _logits(model: "PeftModel", ids: torch.Tensor) -> torch.Tensor:
    model.eval()
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=ids).logits.float()
    return found


def adapter_manifest(job: AdapterJob, training: AdapterTraining) -> dict[str, Any]:
    """The manifest's entries; the digests of the files are added when the folder is published."""
    loss = losses(training.log)
    return {
        "kind": ADAPTER_KIND,
        "domain": job.domain,
        "version": job.version,
        "base_model": job.base.name,
        "base_sha256": job.base.sha256,
        "demonstration": is_demonstration(job.base.path),
        "dataset": job.dataset.name,
        "dataset_digest": job.dataset_digest,
        "raw": job.raw.name,
        "prompt_digest": DEFAULT_PROMPT.digest,
        "settings": training.settings.model_dump(mode="json"),
        "precision": job.precision,
        "bits": job.bits,
        "device": training.device,
        "seed": training.settings.seed,
        "library_versions": {name: version(name) for name in _LIBRARIES},
        "training_code_version": ADAPTER_CODE_VERSION,
        "trainable_parameters": training.trainable,
        "total_parameters": training.total,
        "train_examples": len(training.train),
        "truncated_rows": training.train.truncated,
        "dropped_rows": training.train.dropped,
        "validation_concepts": training.validation_concepts,
        "steps": training.steps,
        "best_step": training.best_step,
        "duration_s": round(training.spent.seconds, 3),
        "examples_per_second": round(training.examples_per_second, 3),
        "tokens_per_second": round(training.tokens_per_second, 3),
        "peak_memory_bytes": training.peak_memory_bytes,
        "validation": dict(training.tuned),
        "base_validation": dict(training.base),
        "loss_curve": {"first": loss[0], "last": loss[-1], "points": len(loss)} if loss else None,
        "warnings": list(training.warnings),
    }


def _write_log(path: Path, training: AdapterTraining) -> None:
    """One JSON line per logged loss (`step`, `epoch`, `loss` ...) and evaluation (`step`, `validation_score` ...)."""
    base = [{"step": 0, **_prefixed(training.base)}]
    told = [entry for entry in training.log if "loss" in entry or validation_values(entry)]
    lines = base + [_log_line(entry) for entry in told]
    path.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines), encoding="utf-8")


def _log_line(entry: Mapping[str, Any]) -> dict[str, Any]:
    line = {name: entry[name] for name in _LOGGED if name in entry} | _prefixed(validation_values(entry))
    return {"step": entry["step"], **finite_figures({name: value for name, value in line.items() if name != "step"})}


def _prefixed(metrics: Mapping[str, float]) -> dict[str, float]:
    return {f"validation_{name}": value for name, value in metrics.items()}
