"""`domain-ft survey`: every model asked, then ranked; one that fails holds up no other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain_ft.errors import DomainFtError
from domain_ft.progress import Progress, silent
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft.survey.board import Leaderboard, rank_surveyed
from domain_ft.survey.one import survey_questions
from domain_ft.survey.questions import Questions
from domain_ft.survey.settings import SurveySettings


@dataclass(frozen=True)
class SurveyResult:
    """The leaderboard, and the sentence of each model that came to nothing."""

    board: Leaderboard
    failures: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft survey --json`."""
        told = [f"{model} failed: {sentence.removeprefix(f'{model}: ')}" for model, sentence in self.failures.items()]
        report = self.board.as_json()
        return {**report, "notes": [*report["notes"], *told], "failures": self.failures}


def run_survey(
    settings: SurveySettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    questions: Questions,
    *,
    progress: Progress = silent,
    announce: Callable[[str], None] = lambda _: None,
) -> SurveyResult:
    """Ask each model, and rank those that answered; raises the first one's error where all of them fail."""
    errors: dict[str, DomainFtError] = {}
    for number, model in enumerate(settings.models, 1):
        announce(f"model {number} of {len(settings.models)}: {model}")
        try:
            survey_questions(settings, score, home, domain, questions, model, progress=progress)
        except DomainFtError as error:
            if len(settings.models) > 1 and str(error) not in map(str, errors.values()):
                announce(str(error))
            errors[model] = error
    if errors and len(errors) == len(settings.models):
        raise next(iter(errors.values()))
    board = rank_surveyed(settings, score, home, domain, questions, progress=progress)
    return SurveyResult(board, {model: str(error) for model, error in errors.items()})
