"""One model's survey: asked, scored, published; stopped at any answer it goes on from there.

It is named by its questions, by how they are asked and scored, and by the model's name and weights: what is asked of
the same model again was answered already, and a tag behind which another model stands by now is surveyed anew.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain_ft.faults import faults_as_sentences
from domain_ft.llm.kept import KeptAnswers, kept_answers
from domain_ft.llm.protocol import GenerationError, Generator, GeneratorUnavailableError
from domain_ft.progress import Progress, silent
from domain_ft.registry.survey_runs import record_survey
from domain_ft.registry.told import told
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.score import ScoreSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import is_sound, point, publish_folder, write_json
from domain_ft.survey.answers import Row, answered_row, failed_row, scored_rows
from domain_ft.survey.candidate import Candidate, find_candidate, require_unchanged
from domain_ft.survey.figures import answering_figures, score_figures
from domain_ft.survey.questions import Question, Questions, content_digest, questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft.survey.told import survey_record, surveyed_run
from domain_ft.training.lease import device_lease

SURVEY, ITEMS = "survey.json", "items.jsonl"
OnAnswer = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True)
class SurveyedModel:
    """A model's published survey; `content` is that of `survey.json`, `rows` are its scored answers."""

    path: Path
    content: Mapping[str, Any]
    rows: tuple[Row, ...]
    reused: bool
    resumed: int = 0
    """Answers that an earlier run had kept."""
    mlflow_url: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Its name in the settings."""
        return str(self.content["model"])

    def as_json(self) -> dict[str, Any]:
        """The content, where it lies, and what came of telling MLflow."""
        own = {"path": str(self.path), "reused": self.reused, "resumed": self.resumed}
        return {**self.content, **own, "mlflow_url": self.mlflow_url, "notes": list(self.notes)}


def survey_model(
    settings: SurveySettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    dataset: Path,
    model: str,
    *,
    progress: Progress = silent,
    on_answer: OnAnswer | None = None,
) -> SurveyedModel:
    """Ask a model about a published dataset's split, and score what it says.

    GeneratorUnavailableError where no server answers, or it does not have the model: what was answered is kept.
    `on_answer` gets score, valid, seconds and tokens_per_second of each answer; its score is that beside the answers so
    far.
    """
    questions = questions_of_dataset(dataset, settings)
    return survey_questions(settings, score, home, domain, questions, model, progress=progress, on_answer=on_answer)


def survey_questions(
    settings: SurveySettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    questions: Questions,
    model: str,
    *,
    progress: Progress = silent,
    on_answer: OnAnswer | None = None,
) -> SurveyedModel:
    """Ask a model some questions, and score what it says; as `survey_model`."""
    candidate = find_candidate(model, settings, home, progress)
    content = content_digest(questions, settings, score)
    digest = short(sha256_json([content, model, candidate.digest]))
    target = home.model_surveys(domain) / digest
    reused, resumed = is_sound(target), 0
    if not reused:
        survey = _Survey(settings, score, questions, candidate, content, digest, progress, on_answer)
        with _alone_on_device(candidate, home, domain, progress):
            resumed = survey.run(home.survey_work(domain) / f"{digest}.jsonl", target)
    point(surveyed_link(home, domain, content, model), digest)
    found = read_survey(target, questions, settings.confidence)
    record = survey_record(found.content, [surveyed_run(found.content, target / ITEMS)])
    answer = told(lambda: record_survey(home, domain, record).runs[digest])
    return SurveyedModel(target, found.content, found.rows, reused, resumed, answer.url, answer.notes)


def read_survey(folder: Path, questions: Questions, confidence: float) -> SurveyedModel:
    """A published survey of these questions, its intervals of this level."""
    rows = [json.loads(line) for line in (folder / ITEMS).read_bytes().split(b"\n") if line]
    content = json.loads((folder / SURVEY).read_bytes()) | score_figures(rows, questions.asked, confidence)
    return SurveyedModel(folder, content, tuple(rows), reused=True)


def surveyed_link(home: Home, domain: str, content: str, model: str) -> Path:
    """The pointer to what a model has last answered to the questions of that digest."""
    return home.model_surveys(domain) / f"{content}-{short(sha256_json(model))}"


@dataclass(frozen=True)
class _Survey:
    """A survey that is yet to be published."""

    settings: SurveySettings
    score: ScoreSettings
    questions: Questions
    candidate: Candidate
    content: str
    digest: str
    progress: Progress
    on_answer: OnAnswer | None

    def run(self, work: Path, target: Path) -> int:
        """Ask what is not answered yet, and publish; how many answers there were before."""
        with faults_as_sentences(work), kept_answers(work, self.digest) as answered:
            before = len(answered)
            self._ask(answered)
            require_unchanged(self.candidate)
            rows = [(question.concept, answered[key]) for key, question, _ in self._each()]
            publish_folder(target, lambda folder: self._write(folder, rows))
            work.unlink()
        return before

    def _each(self) -> Iterator[tuple[str, Question, int]]:
        """Key, question and repeat of each answer: every question once, then every one again."""
        for repeat in range(self.settings.repeats):
            for number, question in enumerate(self.questions.asked):
                yield f"{number}.{repeat}", question, repeat

    def _ask(self, answered: KeptAnswers) -> None:
        step, total = f"ask {self.candidate.name}", len(self.questions.asked) * self.settings.repeats
        self.progress(step, len(answered), total)
        so_far = [(question.concept, answered[key]) for key, question, _ in self._each() if key in answered]
        for key, question, repeat in self._each():
            if key in answered:
                continue
            answered.keep(key, self._answer(self.candidate.generator(), question, repeat))
            so_far.append((question.concept, answered[key]))
            self._tell(so_far)
            self.progress(step, len(answered), total)

    def _answer(self, generator: Generator, question: Question, repeat: int) -> dict[str, Any]:
        options = self.settings.options.model_copy(update={"seed": self.settings.options.seed + repeat})
        began = time.monotonic()
        try:
            answer = generator.generate(DEFAULT_PROMPT.messages(question.concept), options)
        except GeneratorUnavailableError as error:
            raise GeneratorUnavailableError(f"{error}; what was answered is kept, and the same again goes on") from None
        except GenerationError as error:
            return failed_row(question.name, repeat, str(error), time.monotonic() - began)
        return answered_row(question.name, repeat, answer, self.candidate.memory())

    def _tell(self, so_far: list[tuple[str, dict[str, Any]]]) -> None:
        if self.on_answer is None:
            return
        last = scored_rows(so_far, self.questions.concepts, self.score)[-1]
        figures = {"score": last["score"], "valid": float(last["valid"]), "seconds": last["seconds"]}
        rate = last.get("tokens_per_second")
        self.on_answer(figures if rate is None else {**figures, "tokens_per_second": rate})

    def _write(self, folder: Path, rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        scored = scored_rows(rows, self.questions.concepts, self.score)
        lines = "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in scored)
        (folder / ITEMS).write_text(lines, encoding="utf-8", newline="\n")
        facts = self.candidate.facts()
        content = {
            "kind": "model_survey",
            "digest": self.digest,
            "content_digest": self.content,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "model": self.candidate.name,
            "model_digest": facts.digest,
            **{name: value for name, value in asdict(facts).items() if name != "digest"},
            "dataset_digest": self.questions.dataset,
            "split": self.questions.split,
            "repeats": self.settings.repeats,
            "options": self.settings.options.model_dump(mode="json"),
            "prompt": DEFAULT_PROMPT.digest,
            **score_figures(scored, self.questions.asked, self.settings.confidence),
            **answering_figures(scored),
        }
        write_json(folder / SURVEY, content)
        keys = ("kind", "digest", "content_digest", "created_at", "model", "model_digest", "dataset_digest", "split")
        return {key: content[key] for key in keys}


@contextmanager
def _alone_on_device(candidate: Candidate, home: Home, domain: str, progress: Progress) -> Iterator[None]:
    """Have the device to oneself where it is this process that computes."""
    if candidate.device is None:
        yield
        return
    does = f"surveys {candidate.name} for {domain}"
    with device_lease(home, candidate.device, does, on_wait=lambda sentence: progress(sentence, 0)):
        yield
