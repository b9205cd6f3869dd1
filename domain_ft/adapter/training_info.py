"""`training_info.json`: the training in the words of the scripts that read it before this project."""

from typing import Any

from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.trained import AdapterTraining


def training_info(job: AdapterJob, training: AdapterTraining) -> dict[str, Any]:
    """Its content."""
    settings = training.settings
    return {
        "base_model": job.base.name,
        "train_dataset": f"{job.dataset.name}/train.jsonl",
        "val_dataset": f"{job.dataset.name}/validation.jsonl",
        "train_examples": len(training.train),
        "val_examples": len(training.validation),
        "epochs": settings.epochs,
        "learning_rate": settings.learning_rate,
        "batch_size": settings.batch_size,
        "grad_accum_steps": settings.gradient_accumulation_steps,
        "effective_batch_size": settings.batch_size * settings.gradient_accumulation_steps,
        "lora_r": settings.lora_r,
        "lora_alpha": settings.lora_alpha,
        "lora_dropout": settings.lora_dropout,
        "max_length": settings.max_length,
        "seed": settings.seed,
        "train_limit": settings.train_limit,
        "val_limit": settings.val_limit,
        "max_steps": settings.max_steps,
        "quantization": settings.quantization,
        "trainable_params": training.trainable,
        "total_params": training.total,
        "trainable_percentage": 100 * training.trainable / training.total,
    }
