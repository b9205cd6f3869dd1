"""From a trained model in memory to a published folder: written, loaded again, tried, and only then seen."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from domain_ft.embedding.card import model_card
from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.merge import Trial
from domain_ft.embedding.mined_log import MINED, mined_counts, mined_rounds
from domain_ft.embedding.models import encode_texts, load_model
from domain_ft.embedding.prefixes import manifest_entry, published_prompts
from domain_ft.embedding.trained import Training
from domain_ft.embedding.version import TRAINING_CODE_VERSION
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder
from domain_ft.training.log import TENSORBOARD, TRAINING_LOG, finite_figures
from domain_ft.training.trainer_log import losses, validation_values

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_LIBRARIES = ("domain-ft", "torch", "transformers", "sentence-transformers", "tokenizers", "accelerate", "safetensors")
_LOGGED = ("step", "epoch", "loss", "learning_rate", "grad_norm")
_TRIED = ("The tests of the login page fail.", "Correct the tax on returned goods")


def publish_model(job: EmbeddingJob, model: "SentenceTransformer", training: Training) -> Path:
    """Publish the model under its version and, unless the job says otherwise, point the domain's `current` to it."""

    # A prefix is a part of its text, here as in the training; some models would leave it out of the mean.
    model.set_pooling_include_prompt(True)
    model.prompts = published_prompts(model.prompts, job.prefixes)

    def write(folder: Path) -> dict[str, Any]:
        model.save_pretrained(str(folder), create_model_card=False)
        _write_log(folder / TRAINING_LOG, training)
        if (job.work / TENSORBOARD).is_dir():
            shutil.copytree(job.work / TENSORBOARD, folder / TENSORBOARD)
        dimension = try_model(folder, training.settings.max_seq_length)
        (folder / "README.md").write_text(model_card(job, training, dimension), encoding="utf-8")
        return model_manifest(job, training, dimension)

    path = publish_folder(job.target, write)
    if job.make_current:
        point(Home(job.home).models(job.domain) / "current", job.version)
    return path


def try_model(folder: Path, max_seq_length: int) -> int:
    """Load a model folder as a user would and encode two texts; returns the dimension of the embeddings."""
    model = load_model(folder)
    vectors = encode_texts(model, _TRIED)
    if vectors.shape != (len(_TRIED), model.get_embedding_dimension()) or not np.isfinite(vectors).all():
        raise DomainFtError(
            f"the trained model gives unusable embeddings (shape {vectors.shape}, finite: "
            f"{bool(np.isfinite(vectors).all())}), so it was not published; try a lower learning_rate"
        )
    if model.max_seq_length != max_seq_length:
        raise DomainFtError(f"the saved model cuts texts after {model.max_seq_length} tokens, not {max_seq_length}")
    return int(vectors.shape[1])


def model_manifest(job: EmbeddingJob, training: Training, dimension: int) -> dict[str, Any]:
    """The manifest's entries; the digests of the files are added when the folder is published."""
    loss, validation = losses(training.log), training.validation
    return {
        "kind": "embedding_model",
        "domain": job.domain,
        "version": job.version,
        "base_model": job.base.name,
        "base_sha256": job.base.sha256,
        "dataset": job.dataset.name,
        "dataset_digest": job.dataset_digest,
        "raw": job.raw.name,
        "relevance": job.relevance,
        "settings": training.settings.model_dump(mode="json"),
        "precision": job.precision,
        "device": training.device,
        "processes": training.processes,
        "seed": training.settings.seed,
        "dimension": dimension,
        "prefixes": manifest_entry(job.prefixes),
        "max_seq_length": training.settings.max_seq_length,
        "library_versions": {name: version(name) for name in _LIBRARIES},
        "training_code_version": TRAINING_CODE_VERSION,
        "trainable_parameters": training.counts.trainable,
        "total_parameters": training.counts.total,
        "frozen_layers": training.counts.frozen_layers,
        "frozen_prefix": training.prefix.values() if training.prefix else None,
        "hard_negatives": mined_rounds(training.log) or None,
        "merge_with_base": training.merge.values() if training.merge else None,
        "train_examples": training.examples,
        "steps": training.steps,
        "best_step": training.best_step,
        "duration_s": round(training.spent.seconds, 3),
        "examples_per_second": round(training.examples_per_second, 3),
        "validation": validation.means if validation else None,
        "validation_estimates": {name: asdict(each) for name, each in validation.tuned.items()} if validation else None,
        "base_validation": dict(validation.base) if validation else None,
        "validation_queries": validation.queries if validation else 0,
        "spread": asdict(training.spread),
        "loss_curve": {"first": loss[0], "last": loss[-1], "points": len(loss)} if loss else None,
        "warnings": list(training.warnings),
    }


def _write_log(path: Path, training: Training) -> None:
    """One JSON line per logged loss (`step`, `epoch`, `loss` ...), evaluation (`step`, `validation_map` ...), mining or
    merge.

    A mining has `step` and `hard_negatives_mined`, `hard_negatives_kept` and so on; a merge has `merge_share`, and what
    the model with that share of the base measured.
    """
    base = [{"step": 0, **_prefixed(training.validation.base)}] if training.validation else []
    lines = base + [_log_line(entry) for entry in training.log if _is_told(entry)]
    lines += [_merge_line(training, trial) for trial in (training.merge.trials if training.merge else ())]
    path.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines), encoding="utf-8")


def _is_told(entry: Mapping[str, Any]) -> bool:
    return bool("loss" in entry or validation_values(entry) or mined_counts(entry))


def _log_line(entry: Mapping[str, Any]) -> dict[str, Any]:
    mined = {name: value for name, value in entry.items() if name.startswith(MINED)}
    line = {name: entry[name] for name in _LOGGED if name in entry} | _prefixed(validation_values(entry)) | mined
    return {"step": entry["step"], **finite_figures({name: value for name, value in line.items() if name != "step"})}


def _merge_line(training: Training, trial: Trial) -> dict[str, Any]:
    return {"step": training.steps, **{f"merge_{name}": value for name, value in asdict(trial).items()}}


def _prefixed(metrics: Mapping[str, float]) -> dict[str, float]:
    return {f"validation_{name}": value for name, value in metrics.items()}
