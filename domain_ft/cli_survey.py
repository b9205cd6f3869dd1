"""`domain-ft survey`: local models asked the same questions, and ranked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from domain_ft import console
from domain_ft.cli_options import AsJson
from domain_ft.cli_output import show
from domain_ft.domain import AdapterDomain, find_domain, parse_override
from domain_ft.errors import InputError
from domain_ft.settings import why_refused
from domain_ft.store.home import Home, trust_folder
from domain_ft.store.publish import is_published, pointed, read_manifest

if TYPE_CHECKING:
    from domain_ft.requirements.score_settings import ScoreSettings
    from domain_ft.survey.questions import Questions
    from domain_ft.survey.settings import SurveySettings

app = typer.Typer()

DOMAIN = "requirements"
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
    from domain_ft.survey.run import run_survey
    from domain_ft.survey_summary import show_survey

    home = Home.from_environment()
    settings = _settings(models, limit, repeats, overrides)
    questions, score = _questions(dataset, settings, home)
    with console.progress_bars(quiet=as_json) as progress:
        announce = console.announcer(quiet=as_json)
        result = run_survey(settings, score, home, DOMAIN, questions, progress=progress, announce=announce)
    show(result.as_json(), as_json, show_survey)
    raise typer.Exit(1 if result.failures else 0)


def _settings(
    models: list[str] | None, limit: int | None, repeats: int | None, overrides: list[str]
) -> "SurveySettings":
    """The settings of the domain's survey with what was typed in place of their own."""
    from domain_ft.survey.settings import SurveySettings

    given = _of_the_domain()
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
    try:
        settings = SurveySettings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0])
        option = f"--{key}" if typed.get(key) is not None else f"--set {'.'.join(map(str, first['loc']))}"
        raise InputError(f"{option}: {why_refused(first)}") from None
    if not settings.models:
        raise InputError("no model is named; name some with --models TAG (`ollama list` shows those there are)")
    return settings


def _of_the_domain() -> dict[str, Any]:
    """What the YAML of the domain says of its survey."""
    domain = find_domain(DOMAIN)
    return domain.section("survey").model_dump(mode="python") if isinstance(domain, AdapterDomain) else {}


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

    folder = pointed(home.fixed(DOMAIN) / "current") if dataset is None else dataset
    if folder is None:
        raise InputError(f"no dataset yet; run domain-ft dataset {DOMAIN}, or name a file of records with --dataset")
    if not is_published(folder):
        if folder.is_dir():
            raise InputError(f"{folder}: is no published dataset; name one, or a JSONL file of records")
        domain = find_domain(DOMAIN)
        own = domain.dataset.score if isinstance(domain, AdapterDomain) else ScoreSettings()
        return questions_of_file(folder, settings), own
    used = read_manifest(folder).get("settings", {}).get("score", {})
    return questions_of_dataset(folder, settings), ScoreSettings.model_validate(used)
