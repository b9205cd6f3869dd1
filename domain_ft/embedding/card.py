"""The model card: what the model is, what it was trained on, what it measured, where it ends. No training text."""

from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.mined_log import mined_rounds, mined_sentence
from domain_ft.embedding.trained import Training, Validation
from domain_ft.evaluation.metric_names import METRIC_LABELS
from domain_ft.evaluation.statistics import Estimate
from domain_ft.evaluation.vocabulary import Vocabulary, vocabulary
from domain_ft.store.publish import read_manifest
from domain_ft.store.vectors import NO_PREFIXES


def model_card(job: EmbeddingJob, training: Training, dimension: int) -> str:
    """The README.md of a model folder."""
    settings, words = training.settings, vocabulary(job.made_from)
    rows = settings.batch_size * settings.gradient_accumulation_steps
    parts = [
        _FRONT_MATTER,
        f"# {job.domain} {job.version}",
        f"An embedding model for the domain `{job.domain}`: texts to {dimension} numbers, compared by cosine. It was "
        f"fine-tuned {words.near}. One line to use it:",
        "```python\nfrom sentence_transformers import SentenceTransformer\n\n"
        f'model = SentenceTransformer("models/{job.domain}/{job.version}")  # or models/{job.domain}/champion\n```',
        *_prefixes(job),
        "## Base and data",
        f"- Base model: {job.base.name} (sha256 {job.base.sha256})\n"
        f"- Dataset: {job.dataset_digest}, {training.examples:,} training {training.unit}\n"
        f"- Relevant ({job.relevance}): {read_manifest(job.dataset)['relevance']['meaning']}.",
        "## Training",
        f"- Loss {settings.loss}, {training.steps:,} steps of {rows} {training.unit}, learning rate "
        f"{settings.learning_rate:g}, precision {job.precision}, seed {settings.seed}\n"
        f"- {training.counts.trainable:,} of {training.counts.total:,} parameters trained "
        f"({training.counts.frozen_layers} of {training.counts.layers} layers kept as they were)\n"
        + (f"- In training {training.prefix.sentence}.\n" if training.prefix else "")
        + "".join(f"- {_capitalized(mined_sentence(counts))}.\n" for counts in mined_rounds(training.log))
        + (f"- Merged with its base: {training.merge.sentence()}.\n" if training.merge else "")
        + "- Every setting, file and library version stands in `manifest.json`, the loss in `training_log.jsonl`.",
        "## Validation",
        _validation_table(training.validation, words),
        "## Limits",
        _limits(training, words),
    ]
    return "\n\n".join(parts) + "\n"


def _prefixes(job: EmbeddingJob) -> list[str]:
    """How to encode with prefixes, where the model was trained with any."""
    if job.prefixes == NO_PREFIXES:
        return []
    return [
        f"It was trained with the prefix {job.query_prefix!r} before queries and {job.passage_prefix!r} before "
        'passages: encode with `model.encode(texts, prompt_name="query")` and `prompt_name="passage"`.'
    ]


_FRONT_MATTER = (
    "---\nlibrary_name: sentence-transformers\npipeline_tag: sentence-similarity\ntags:\n- sentence-transformers\n"
    "- feature-extraction\n- domain_ft\n---"
)


def _validation_table(validation: Validation | None, words: Vocabulary) -> str:
    if validation is None:
        return f"None of the {words.units} of the validation split can be ranked, so nothing was measured on the way."
    rows = [
        f"| {name} | {validation.base[name]:.4f} | {_with_interval(validation.tuned[name])} |"
        for name in METRIC_LABELS
        if name in validation.tuned and name in validation.base
    ]
    return (
        f"Means over n = {validation.queries} {words.units} of the validation split with 95 % confidence intervals, "
        f"ranking up to {validation.tests} {words.items}. They chose the checkpoint (by {validation.metric}), so they "
        "flatter the model; the benchmark's figures on the test split are the ones to quote.\n\n"
        "| metric | base | this model |\n|---|---|---|\n" + "\n".join(rows)
    )


def _capitalized(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _with_interval(estimate: Estimate) -> str:
    bounds = "" if estimate.low is None or estimate.high is None else f" [{estimate.low:.4f}, {estimate.high:.4f}]"
    return f"{estimate.mean:.4f}{bounds}"


def _limits(training: Training, words: Vocabulary) -> str:
    lines = [
        f"- Texts are cut after {training.settings.max_seq_length} tokens.",
        "- It has learned one domain's text: expect little on other domains, languages, or kinds of text.",
        f"- {words.nearness}",
        *(f"- Warning of the training: {warning}." for warning in training.warnings),
    ]
    return "\n".join(lines)
