"""`domain-ft survey`: local models asked the same questions, and ranked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain_ft import console
from domain_ft.commands.options import REQUIREMENTS, AsJson, requirements_domain
from domain_ft.commands.output import show
from domain_ft.domain import parse_override
from domain_ft.errors import InputError
from domain_ft.settings import checked_as
from domain_ft.store.home import Home, trust_folder
from domain_ft.store.publish import is_published, pointed, read_manifest

if TYPE_CHECKING:
    from domain_ft.requirements.score_settings import ScoreSettings
    from domain_ft.survey.questions import Questions
    from domain_ft.survey.settings import SurveySettings

app = typer.Typer()

Models = Annotated[
    list[str] | None,
    typer.Option("--models", metavar="MODEL", help="A tag of Ollama, or a folder such as ./models/mine; several."),
]


@app.command()
def survey(
    models: Models = None,
    dataset: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSONL of records, or a dataset; default: the newest dataset.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Ask about the first so many records.")] = None,
    repeats: Annotated[int | None, typer.Option(help="Answers to each question.")] = None,
    overrides: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="Such as options.temperature, ollama.allow_pull.")
    ] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Ask local models for requirements and rank them: results (model, n, score, components, valid_share, legacy_score,
    seconds, tokens_per_second, memory_bytes, done_reasons, failures), choice, pareto, differences, report."""
    from domain_ft.commands.survey_summary import show_survey
    from domain_ft.survey.run import run_survey

    home = Home.from_environment()
    settings = _settings(models, limit, repeats, overrides)
    questions, score = _questions(dataset, settings, home)
    with console.progress_bars(quiet=as_json) as progress:
        announce = console.announcer(quiet=as_json)
        result = run_survey(settings, score, home, REQUIREMENTS, questions, progress=progress, announce=announce)
    show(result.as_json(), as_json, show_survey)
    raise typer.Exit(1 if result.failures else 0)


def _settings(
    models: list[str] | None, limit: int | None, repeats: int | None, overrides: list[str]
) -> "SurveySettings":
    """The settings of the domain's survey with what was typed in place of their own."""
    from domain_ft.survey.settings import SurveySettings

    domain = requirements_domain()
    given: dict[str, Any] = domain.survey.model_dump(mode="python") if domain else {}
    for name, value in map(parse_override, overrides):
        *sections, key = name.split(".")
        inner = given
        for section in sections:
            inner = inner.setdefault(section, {})
            if not isinstance(inner, dict):
                raise InputError(f"--set {name}: {section} is given a value beside it; set one of the two")
        inner[key] = value
    typed = {"models": None if models is None else tuple(map(_typed, models)), "limit": limit, "repeats": repeats}
    given |= {name: value for name, value in typed.items() if value is not None}

    def called(name: str) -> str:
        key = name.partition(".")[0]
        return f"--set {name}" if typed.get(key) is None else f"--{key}"

    settings = checked_as(SurveySettings, given, called)
    if not settings.models:
        raise InputError("no model is named; name some with --models TAG (`ollama list` shows those there are)")
    return settings


def _typed(model: str) -> str:
    """A model as typed, but a folder by its absolute path."""
    from domain_ft.survey.model_name import is_folder

    if not is_folder(model):
        return model
    folder = Path(model).expanduser().resolve()
    trust_folder(folder)
    return str(folder)


def _questions(dataset: Path | None, settings: "SurveySettings", home: Home) -> "tuple[Questions, ScoreSettings]":
    """What is asked, and how it is scored: as the dataset's own records were, else as the YAML says."""
    from domain_ft.requirements.score_settings import ScoreSettings
    from domain_ft.survey.questions import questions_of_dataset, questions_of_file

    folder = pointed(home.fixed(REQUIREMENTS) / "current") if dataset is None else dataset
    if folder is None:
        raise InputError(
            f"no dataset yet; run domain-ft dataset {REQUIREMENTS}, or name a file of records with --dataset"
        )
    if not is_published(folder):
        if folder.is_dir():
            raise InputError(f"{folder}: is no published dataset; name one, or a JSONL file of records")
        domain = requirements_domain()
        return questions_of_file(folder, settings), domain.dataset.score if domain else ScoreSettings()
    used = read_manifest(folder).get("settings", {}).get("score", {})
    return questions_of_dataset(folder, settings), ScoreSettings.model_validate(used)
