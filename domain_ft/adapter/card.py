"""The adapter's card: what it is, what it was trained on, what it measured, where it ends. No training text."""

import json

from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.task import SCORE
from domain_ft.adapter.trained import AdapterTraining
from domain_ft.store.home import Home

_SHOWN = (SCORE, "valid_share", "schema_complete", "ids", "priorities", "grounding", "originality")
_FRONT_MATTER = "---\nlibrary_name: peft\npipeline_tag: text-generation\ntags:\n- lora\n- trl\n- sft\n- domain_ft\n---"


def adapter_card(job: AdapterJob, training: AdapterTraining, demonstration: str | None = None) -> str:
    """The README.md of an adapter's folder; `demonstration` is a sentence, where it is none for work."""
    settings = training.settings
    rows = settings.batch_size * settings.gradient_accumulation_steps
    kinds = [name for name, used in (("rsLoRA", settings.use_rslora), ("DoRA", settings.use_dora)) if used]
    parts = [
        _FRONT_MATTER,
        f"# {job.domain} {job.version}",
        f"A LoRA adapter for the domain `{job.domain}`: of a concept, the model writes its requirements as YAML.",
        "## Use",
        _use(job),
        "## Base and data",
        f"- Base model: {job.base.name} (sha256 {job.base.sha256}); with another one the adapter means nothing\n"
        f"- Dataset: {job.dataset_digest}, {len(training.train):,} training records "
        f"({training.train.truncated:,} lost the end of their answer, {training.train.dropped:,} were left out)",
        "## Training",
        f"- LoRA of rank {settings.lora_r}, alpha {settings.lora_alpha}, dropout {settings.lora_dropout:g}"
        f"{''.join(f', {kind}' for kind in kinds)}; {training.trainable:,} of {training.total:,} parameters trained\n"
        f"- {training.steps:,} steps of {rows} records, learning rate {settings.learning_rate:g}, precision "
        f"{job.precision}, seed {settings.seed}; the loss is that of the answers alone\n"
        "- Every setting, file and library version stands in `manifest.json`, the loss in `training_log.jsonl`.",
        "## Validation",
        _validation_table(training),
        "## Limits",
        _limits(training, demonstration),
    ]
    return "\n\n".join(parts) + "\n"


def _use(job: AdapterJob) -> str:
    """A line for each library; paths are those below the state root, or as the settings name the base."""
    base = json.dumps(base_of(job), ensure_ascii=False)
    adapter = f'"models/{job.domain}/{job.version}"'
    loaded = f"AutoModelForCausalLM.from_pretrained({base})"
    imported = "from transformers import AutoModelForCausalLM"
    return (
        f"With PEFT:\n\n```python\nfrom peft import PeftModel\n{imported}\n\n"
        f"model = PeftModel.from_pretrained({loaded}, {adapter})\n```\n\n"
        f"With transformers, where PEFT is installed:\n\n```python\n{imported}\n\n"
        f"(model := {loaded}).load_adapter({adapter})\n```\n\n"
        f"With Ollama: `domain-ft export-ollama {job.domain} --model {job.version}` makes it there and writes a "
        f"package; elsewhere, in that package's folder: `ollama create {job.domain} -f Modelfile`."
    )


def base_of(job: AdapterJob) -> str:
    """Where the base lies below the state root; one of the hub, or from elsewhere, as it is named."""
    is_ours = job.base.path.is_relative_to(job.home) and not job.base.path.is_relative_to(Home(job.home).state)
    return job.base.path.relative_to(job.home).as_posix() if is_ours else job.base.name


def _validation_table(training: AdapterTraining) -> str:
    rows = [f"| {name} | {training.base[name]:.4f} | {training.tuned[name]:.4f} |" for name in _SHOWN]
    return (
        f"Means over the answers to n = {training.validation_concepts} concepts of validation. They chose the "
        f"checkpoint (by {SCORE}), so they flatter the adapter; the benchmark's figures on the test split are the ones "
        "to quote.\n\n"
        "| metric | base | this adapter |\n|---|---|---|\n" + "\n".join(rows)
    )


def _limits(training: AdapterTraining, demonstration: str | None) -> str:
    lines = [
        *([f"- {demonstration}."] if demonstration else []),
        "- It has learned one form of answer to one prompt: expect little of other questions.",
        "- What it writes is to be read by a person before anything is built from it.",
        *(f"- Warning of the training: {warning}." for warning in training.warnings),
    ]
    return "\n".join(lines)
