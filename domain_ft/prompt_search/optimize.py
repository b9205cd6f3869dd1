"""A prompt optimized for a model: searched for, set beside the default one on the same rows, and published.

Where nothing beats the default prompt, that is the result, and the default prompt is what is published.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from domain_ft.comparison.paired import paired
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.errors import DomainFtError
from domain_ft.evaluation.statistics import Resampling
from domain_ft.faults import faults_as_sentences
from domain_ft.llm.kept import kept_answers
from domain_ft.llm.protocol import Generator
from domain_ft.progress import Progress, silent
from domain_ft.prompt_search.asking import Asking
from domain_ft.prompt_search.packages import PACKAGES, require_packages
from domain_ft.prompt_search.rows import SearchRows, draw_rows
from domain_ft.prompt_search.settings import PromptSearchSettings
from domain_ft.prompt_search.trials import Trials
from domain_ft.requirements.prompt import DEFAULT_PROMPT, PromptTemplate
from domain_ft.requirements.score import SCORE_VERSION
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import (
    is_sound,
    point,
    publish_folder,
    read_manifest,
    remove_folder,
    verify_folder,
    write_json,
)
from domain_ft.survey.figures import family_clusters

KIND = "optimized_prompt"
PROMPT, PROGRAM, TRIALS = "prompt.json", "program.json", "trials.jsonl"
_KEPT = "answers.jsonl"
PROMPT_SEARCH_VERSION = 1
"""Raised when the same search would find another prompt."""


@dataclass(frozen=True)
class PromptResult:
    """A published prompt; `manifest` says what it scored, and the default one beside it."""

    path: Path
    manifest: Mapping[str, Any]
    reused: bool
    resumed: int = 0
    """Answers that an earlier run had kept."""

    @property
    def template(self) -> PromptTemplate:
        """The prompt."""
        return load_prompt(self.path)

    def as_json(self) -> dict[str, Any]:
        """What was found, and where it lies."""
        told = {name: value for name, value in self.manifest.items() if name != "files"}
        return {**told, "path": str(self.path), "reused": self.reused, "resumed": self.resumed}


def optimize_prompt(
    settings: PromptSearchSettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    dataset: Path,
    load_generator: Callable[[], Generator],
    model_digest: str,
    *,
    progress: Progress = silent,
) -> PromptResult:
    """Search for the prompt that a model answers best, and publish it; `prompts/current` then points to it.

    `model_digest` is that of all that the model computes with. The model is loaded only where something is asked that
    was not answered before. What was searched for already is found again. InputError where the dataset holds too few
    records, or a chosen one stands in test; DomainFtError where the extra is not installed, or the model is gone.
    """
    rows = draw_rows(dataset, settings)
    digest = _digest(settings, score, rows, model_digest)
    target, work = home.prompts(domain) / digest, home.answering(domain) / digest
    reused, resumed = is_sound(target), 0
    if not reused:
        require_packages()
        with faults_as_sentences(work), kept_answers(work / _KEPT, digest) as answered:
            resumed = len(answered)
            asking = Asking(answered, load_generator, model_digest, settings.batch_size, progress)
            trials = Trials(rows, asking, settings, score, work / TRIALS, progress)
            _search(trials, target, {"digest": digest, "domain": domain, "model_digest": model_digest})
            remove_folder(work)
    point(target.parent / "current", digest)
    return PromptResult(target, read_manifest(target), reused, resumed)


def load_prompt(folder: Path) -> PromptTemplate:
    """A published prompt; DomainFtError where the folder holds none, or it was altered."""
    if read_manifest(folder).get("kind") != KIND:
        raise DomainFtError(f"{folder}: is no optimized prompt; name the folder of one")
    verify_folder(folder)
    found = json.loads((folder / PROMPT).read_bytes())
    return PromptTemplate(found["system"], found["user"], tuple((one, other) for one, other in found["examples"]))


def _digest(settings: PromptSearchSettings, score: ScoreSettings, rows: SearchRows, model: str) -> str:
    """Equal for equal prompts."""
    how = settings.model_dump(mode="json", exclude={"batch_size"})
    rules = [PROMPT_SEARCH_VERSION, SCORE_VERSION, score.model_dump(mode="json"), DEFAULT_PROMPT.digest]
    return short(sha256_json([rules, how, rows.dataset, model]))


def _search(trials: Trials, target: Path, names: Mapping[str, str]) -> None:
    from domain_ft.prompt_search.mipro import search_prompt
    from domain_ft.prompt_search.program import template_of

    program = search_prompt(trials, DEFAULT_PROMPT)
    prompt = template_of(program)

    def write(folder: Path) -> dict[str, Any]:
        program.save(folder / PROGRAM)
        write_json(folder / PROMPT, asdict(prompt))
        shutil.copyfile(trials.log, folder / TRIALS)
        return {**names, **_entries(trials, prompt)}

    publish_folder(target, write)


def _entries(trials: Trials, prompt: PromptTemplate) -> dict[str, Any]:
    """The manifest's entries."""
    rows, settings = trials.rows, trials.settings
    best, default = trials.full[prompt.digest], trials.full[DEFAULT_PROMPT.digest]
    resampling = Resampling(seed=settings.seed)
    zeros = ComparisonSettings().wilcoxon_zeros
    found = paired(best, default, family_clusters(rows.validation), resampling, zeros)
    beats = float(best.mean()) > float(default.mean())
    entries = {
        "kind": KIND,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset_digest": rows.dataset,
        "prompt_digest": prompt.digest,
        "default_prompt_digest": DEFAULT_PROMPT.digest,
        "beats_default": beats,
        "best_score": float(best.mean()),
        "default_score": float(default.mean()),
        "difference": found.as_json() if beats and found else None,
        "examples": len(prompt.examples),
        "trials": len(trials.made),
        "questions": trials.asking.questions,
        "unanswered_questions": trials.asking.unanswered,
        "rows": {
            "train": [question.name for question, _ in rows.train],
            "validation": [question.name for question in rows.validation],
        },
        "settings": settings.model_dump(mode="json"),
        "score_version": SCORE_VERSION,
        "library_versions": {name: version(name) for name in PACKAGES},
    }
    return {**entries, "headline": _headline(entries)}


def _headline(entries: Mapping[str, Any]) -> str:
    n, default = len(entries["rows"]["validation"]), entries["default_score"]
    if not entries["beats_default"]:
        return f"Nothing beat the default prompt, which scores {default:.3f} on {n} validation rows."
    found = entries["difference"]
    interval = "" if found["low"] is None else f" (95 % CI {found['low']:+.3f} to {found['high']:+.3f})"
    return (
        f"Scores {entries['best_score']:.3f} where the default prompt scores {default:.3f} on the same {n} validation "
        f"rows: {found['mean']:+.3f}{interval}. It was chosen on these rows; the benchmark says what it is worth."
    )
