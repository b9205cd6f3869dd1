"""A published adapter against its base, the champion, and answers that take no model; asked, decided, published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain_ft.adapter.base_model import require_base
from domain_ft.comparison.arms import BASE, CANDIDATE, Arm, ask_arm
from domain_ft.comparison.content import COMPARISON_VERSION, AskedArm, ComparisonCase, Learned, comparison_content
from domain_ft.comparison.model_arms import TunedModel, model_arms
from domain_ft.comparison.perplexity import GeneralPerplexity, compare_perplexity, general_texts, text_losses
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.comparison.unseen import unseen_by
from domain_ft.errors import DomainFtError, InputError
from domain_ft.evaluation.benchmark_file import BENCHMARK, MARKDOWN, REPORT
from domain_ft.evaluation.provenance import run_provenance
from domain_ft.evaluation.report.tuned import render_tuned_html, render_tuned_markdown
from domain_ft.evaluation.statistics import Resampling
from domain_ft.model_folders.demonstration import demonstration_note
from domain_ft.progress import Progress, silent
from domain_ft.requirements.prompt import DEFAULT_PROMPT, PromptTemplate
from domain_ft.requirements.score import SCORE_VERSION
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, point, publish_folder, read_manifest, verify_folder, write_json
from domain_ft.survey.questions import Question, Questions, questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft.training.device import resolve_device
from domain_ft.training.lease import device_lease


@dataclass(frozen=True)
class ComparisonResult:
    """A published comparison; `content` is that of `benchmark.json`."""

    path: Path
    content: dict[str, Any]
    reused: bool
    mlflow_url: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The folder's name."""
        return str(self.content["digest"])

    def as_json(self) -> dict[str, Any]:
        """The content, and where it lies."""
        own = {"path": str(self.path), "report": str(self.path / REPORT), "reused": self.reused}
        return {**self.content, **own, "mlflow_url": self.mlflow_url, "notes": list(self.notes)}


def compare_tuned(
    settings: ComparisonSettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    tuned: TunedModel,
    *,
    champion: TunedModel | None = None,
    prompt: PromptTemplate | None = None,
    margin: float = 0.1,
    device: str = "auto",
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
) -> ComparisonResult:
    """Ask every arm the concepts of a split of the adapter's dataset, and publish what the comparison says.

    What the champion has learned from is not asked. `prompt` is one that was searched for with the base. General
    ability is guarded by `margin`: the perplexity of everyday text may surely not rise by a larger share. It is not
    judged where the base foresees no more than a uniform guess does.

    InputError where the dataset is another one than the adapter was trained on, its base is, or its prompt was.
    """
    manifest = read_manifest(tuned.adapter)
    every = questions_of_dataset(tuned.dataset, SurveySettings(split=settings.split, limit=settings.limit))
    _require_same(manifest, every, tuned)
    if champion and champion.adapter.resolve() == tuned.adapter.resolve():
        champion = None
    in_use = champion.adapter.name if champion else None
    questions = unseen_by(every, f"champion {in_use}", champion.dataset) if champion else every
    arms = model_arms(tuned, champion, prompt, device)
    comparison = _comparison_digest(questions, settings, score)
    entrants = [[arm.name, arm.digest, arm.prompt.digest] for arm in arms]
    digest = short(sha256_json([comparison, entrants, settings.minimum_effect, margin]))
    target = home.benchmarks(domain) / digest
    reused = is_published(target)
    if not reused:
        note = demonstration_note(manifest)
        asked = _Asking(arms, questions, settings, score, home, domain, margin, note, progress)
        with device_lease(home, resolve_device(device), f"compares {domain}", on_wait=lambda said: progress(said, 0)):
            content = comparison_content(asked.case(digest, comparison, str(manifest["version"]), in_use))
        left_out = len(every.asked) - len(questions.asked)
        content |= {"seen_by_champion": left_out, "provenance": run_provenance(provenance)}
        publish_folder(target, lambda folder: _write(folder, content, asked.used))
    point(target.parent / "current", digest)
    verify_folder(target)
    return ComparisonResult(target, json.loads((target / BENCHMARK).read_bytes()), reused)


@dataclass(frozen=True)
class _Asking:
    """All that is asked of the arms."""

    arms: Sequence[Arm]
    questions: Questions
    settings: ComparisonSettings
    score: ScoreSettings
    home: Home
    domain: str
    margin: float
    demonstration: str | None
    progress: Progress
    used: list[str] = field(default_factory=list)
    """The names of the published answers."""

    def case(self, digest: str, comparison: str, version: str, champion: str | None) -> ComparisonCase:
        """The answers of every arm, and what is known of the candidate beside them."""
        asked = [
            AskedArm(arm.name, arm.meaning, arm.digest, arm.prompt.digest, self._ask(arm, self.questions.asked))
            for arm in self.arms
        ]
        base, tuned = (next(arm for arm in self.arms if arm.name == name) for name in (BASE, CANDIDATE))
        of_train = _spread(self.questions.known, len(self.questions.asked))
        learned = Learned(of_train, self._ask(tuned, of_train)) if of_train else None
        general = self._general(base, tuned)
        return ComparisonCase(
            self.domain,
            digest,
            comparison,
            version,
            champion,
            self.questions,
            self.settings,
            self.score,
            asked,
            learned,
            general,
            self.demonstration,
        )

    def _ask(self, arm: Arm, questions: Sequence[Question]) -> tuple[dict[str, Any], ...]:
        answers = ask_arm(arm, questions, self.settings, self.home, self.domain, self.progress)
        self.used.append(answers.digest)
        if all("failed" in row for row in answers.rows):
            raise DomainFtError(f"{arm.name} could be asked none of its questions: {answers.rows[0]['failed']}")
        return answers.rows

    def _general(self, base: Arm, tuned: Arm) -> GeneralPerplexity:
        step, texts, chosen = "general ability", general_texts(), self.settings
        self.progress(step, 0, 2)
        model, tokenizer = base.load().loaded
        chance, of_base = int(model.config.vocab_size), text_losses(model, tokenizer, texts)
        del model  # so that it can be let go, where the tuned one would not fit beside it
        self.progress(step, 1, 2)
        of_tuned = text_losses(*tuned.load().loaded, texts)
        self.progress(step, 2, 2)
        resampling = Resampling(chosen.resamples, chosen.confidence, chosen.seed)
        return compare_perplexity(of_base, of_tuned, chance, resampling, self.margin)


def _comparison_digest(questions: Questions, settings: ComparisonSettings, score: ScoreSettings) -> str:
    """Equal wherever scores may stand in one table: what was asked, how, and how answers are scored."""
    asked = [[question.name, question.concept] for question in questions.asked]
    how = settings.model_dump(mode="json", exclude={"batch_size", "minimum_effect"})
    rules = [COMPARISON_VERSION, SCORE_VERSION, score.model_dump(mode="json")]
    return short(sha256_json([questions.dataset, asked, how, rules]))


def _require_same(manifest: Mapping[str, Any], questions: Questions, tuned: TunedModel) -> None:
    require_base(tuned.base, tuned.base_sha256, manifest["base_sha256"])
    if manifest["dataset_digest"] != questions.dataset:
        raise InputError(
            f"{tuned.adapter.name}: was trained on dataset {manifest['dataset_digest']}, not {questions.dataset}; what "
            "it has seen may be among the questions: train on this dataset, or compare on its own"
        )
    if manifest["prompt_digest"] != DEFAULT_PROMPT.digest:
        raise InputError(f"{tuned.adapter.name}: was trained with another prompt; train it again")


def _spread(known: Sequence[Question], most: int) -> tuple[Question, ...]:
    """So many of the questions, evenly spread over all."""
    if len(known) <= most:
        return tuple(known)
    return tuple(known[place * len(known) // most] for place in range(most))


def _write(folder: Path, content: dict[str, Any], answers: Sequence[str]) -> dict[str, Any]:
    write_json(folder / BENCHMARK, content)
    (folder / REPORT).write_text(render_tuned_html(content), encoding="utf-8")
    (folder / MARKDOWN).write_text(render_tuned_markdown(content), encoding="utf-8")
    keys = ("kind", "digest", "created_at", "split", "models", "comparison_digest", "verdict", "headline")
    own = {
        "dataset_digest": content["dataset"]["digest"],
        "outcome": content["decision"]["outcome"],
        "answers": sorted(answers),
    }
    return {**{key: content[key] for key in keys}, **own}
