"""The commands of `domain-ft` that make models and adapters, judge them, and say which of them is in use."""

from typing import Annotated, Literal

import typer

from domain_ft import console
from domain_ft.commands.options import AsJson, DomainName, Overrides, Preset, stages_of, with_options
from domain_ft.commands.output import show_report
from domain_ft.domain import parse_override
from domain_ft.domains import find_domain, find_embedding_domain
from domain_ft.errors import InputError
from domain_ft.store.home import Home
from domain_ft.typed import typed_settings

app = typer.Typer()


@app.command()
def train(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Train a model, or an adapter, on the newest dataset; interrupted, the same command goes on from the last
    checkpoint."""
    chosen = with_options(find_domain(domain), preset, overrides, "training")
    with console.training_bars(quiet=as_json) as on_event:
        result = stages_of(chosen).train(chosen, Home.from_environment(), on_event=on_event)
    show_report("train", result.as_json(), as_json)


@app.command()
def benchmark(
    domain: DomainName,
    model: Annotated[str | None, typer.Option(help="A version, or challenger; default: the newest model.")] = None,
    preset: Preset = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Compare the newest model with base, champion and what takes no model on the test split; verdict and report."""
    from domain_ft import stages

    chosen = with_options(find_domain(domain), preset, overrides, "benchmark", "promotion", "training.device")
    home = Home.from_environment()
    folder = stages.named_model(chosen, home, model) if model else None
    with console.progress_bars(quiet=as_json) as progress:
        result = stages_of(chosen).benchmark(chosen, home, folder, progress=progress)
    show_report("benchmark", result.as_json(), as_json)


@app.command()
def promote(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Make the newest model the champion if its benchmark says WIN and no guard metric fell; else exit code 1."""
    from domain_ft import stages

    result = stages.promote(with_options(find_domain(domain), preset, overrides, "promotion"), Home.from_environment())
    show_report("promote", result.as_json(), as_json)
    raise typer.Exit(0 if result.promoted else 1)


@app.command()
def rollback(domain: DomainName, as_json: AsJson = False) -> None:
    """Put the previous champion back; again goes further back in time."""
    from domain_ft import stages

    show_report("rollback", stages.rollback(find_domain(domain), Home.from_environment()).as_json(), as_json)


@app.command()
def compare(domain: DomainName, as_json: AsJson = False) -> None:
    """List the registered versions with alias, benchmark and verdict."""
    from domain_ft import stages

    show_report("compare", stages.compare(find_domain(domain), Home.from_environment()).as_json(), as_json)


@app.command()
def sweep(
    domain: DomainName,
    preset: Preset = None,
    settings: Annotated[
        list[str], typer.Option("--set", metavar="SECTION.KEY=A,B", help="A setting and its values; several multiply.")
    ] = [],  # noqa: B006
    most: Annotated[int, typer.Option("--max", min=1, help="Refuse more combinations than this.")] = 64,
    as_json: AsJson = False,
) -> None:
    """Train every combination of some settings and compare them on validation; nothing is promoted."""
    from domain_ft.sweep.plan import plan_sweep, split_values
    from domain_ft.sweep.run import run_sweep

    axes = [typed_settings(split_values(text)) for text in settings]
    chosen = with_options(find_embedding_domain(domain), preset, [])
    combinations = plan_sweep(chosen, axes, most)
    with console.training_bars(quiet=as_json) as on_event:
        announce = console.announcer(quiet=as_json)
        result = run_sweep(chosen, Home.from_environment(), combinations, on_event=on_event, announce=announce)
    show_report("sweep", result.as_json(), as_json)
    raise typer.Exit(1 if result.failed else 0)


@app.command()
def bases(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Tune each of the domain's base_models and rank them on validation; nothing is promoted."""
    from domain_ft.bases.run import run_bases

    for text in overrides:
        if parse_override(text)[0] in ("training.base_model", "training.base_revision"):
            raise InputError(f"--set {text}: has no effect here; the bases are those under base_models in the YAML")
    chosen = with_options(
        find_embedding_domain(domain), preset, overrides, "training", "benchmark", "promotion.minimum_effect"
    )
    with console.training_bars(quiet=as_json) as on_event:
        announce = console.announcer(quiet=as_json)
        result = run_bases(chosen, Home.from_environment(), on_event=on_event, announce=announce)
    show_report("bases", result.as_json(), as_json)
    raise typer.Exit(1 if result.failures else 0)


@app.command()
def export(
    domain: DomainName,
    format_: Annotated[
        Literal["onnx", "openvino"], typer.Option("--format", help="For which runtime the model is written.")
    ] = "onnx",
    model: Annotated[
        str | None, typer.Option(help="A version, or challenger; default: the champion, or newest.")
    ] = None,
    preset: Preset = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write a model as int8 for a runtime without torch, and measure on validation what that costs."""
    from domain_ft import stages
    from domain_ft.export.export_model import export_model

    chosen, home = with_options(find_embedding_domain(domain), preset, overrides, "benchmark"), Home.from_environment()
    folder = stages.named_model(chosen, home, model) if model else stages.champion_or_newest(chosen, home)
    with console.progress_bars(quiet=as_json) as progress:
        result = export_model(chosen, home, folder, format_, progress=progress)
    show_report("export", result.as_json(), as_json)
