"""The commands of `domain-ft` about adapters alone: a better prompt for their base, and their way to Ollama."""

from typing import Annotated

import typer

from domain_ft import console
from domain_ft.commands.options import AsJson, DomainName, Overrides, Preset, with_options
from domain_ft.commands.output import show
from domain_ft.delivery.ways import WayName
from domain_ft.domains import find_adapter_domain
from domain_ft.errors import InputError
from domain_ft.store.home import Home

app = typer.Typer()


@app.command("optimize-prompt")
def optimize_prompt(
    domain: DomainName,
    preset: Preset = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Search for a prompt that the base model answers better (DSPy's MIPROv2); stopped, the search goes on."""
    from domain_ft import adapter_stages
    from domain_ft.commands.adapter_summary import show_prompt

    used = ("prompt", "training.base_model", "training.base_revision", "training.device", "dataset.score")
    chosen = with_options(find_adapter_domain(domain), preset, overrides, *used)
    with console.progress_bars(quiet=as_json) as progress:
        result = adapter_stages.optimize_prompt(chosen, Home.from_environment(), progress=progress)
    show(result.as_json(), as_json, show_prompt)


@app.command("export-ollama")
def export_ollama(
    domain: DomainName,
    model: Annotated[str | None, typer.Option(help="A version, or challenger; default: the champion.")] = None,
    way: Annotated[
        WayName | None, typer.Option(help="What is handed over; default: the first way that is open.")
    ] = None,
    served: Annotated[str | None, typer.Option(help="Name that people ask for; default: the domain's.")] = None,
    create: Annotated[bool, typer.Option("--create/--package-only", help="Make the model on the server, too.")] = True,
    serve: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Package nothing: serve a version that the server has.")
    ] = None,
    preset: Preset = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Package a model for Ollama (OLLAMA_HOST), make it there, ask it once, and only then serve it: one result with
    version, path, way, ways, command, served, tag, previous, answer, tokens_per_second, demonstration."""
    from domain_ft import adapter_stages, stages
    from domain_ft.commands.adapter_summary import show_export_ollama, show_served
    from domain_ft.delivery.export_adapter import serve_version

    typed = {"way": way, "served": served, "create": None if create else False}
    given = [f"delivery.{name}={value}" for name, value in typed.items() if value is not None]
    chosen = with_options(find_adapter_domain(domain), preset, [*overrides, *given], "delivery", "benchmark.options")
    home = Home.from_environment()
    if serve is not None:
        if model or way or not create:
            raise InputError("--serve: takes a version that the server has; leave --model, --way, --package-only out")
        tag = serve_version(chosen.delivery, chosen.name, serve)
        result = {"version": serve, "served": f"{chosen.delivery.served_name(chosen.name)}:latest", "tag": tag}
        show({"results": [result]}, as_json, show_served)
        return
    folder = stages.named_model(chosen, home, model) if model else None
    with console.progress_bars(quiet=as_json) as progress:
        exported = adapter_stages.export_ollama(chosen, home, folder, progress=progress)
    show({"results": [exported.as_json()]}, as_json, show_export_ollama)
