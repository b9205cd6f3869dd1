"""The commands of `domain-ft` that look at many texts at once: which are alike, and what they are about."""

from pathlib import Path
from typing import Annotated

import typer

from domain_ft import console
from domain_ft.commands.options import AsJson, DomainName, Overrides, with_options
from domain_ft.commands.output import show
from domain_ft.domain import EmbeddingDomain, parse_override
from domain_ft.domains import find_embedding_domain
from domain_ft.errors import InputError
from domain_ft.store.home import Home
from domain_ft.uses.listed_texts import Side

app = typer.Typer()
Texts = Annotated[Side | None, typer.Option(help="Which texts of the domain.  [default: passages]")]
From = Annotated[
    Path | None, typer.Option("--from", metavar="FILE", help="Texts of a file: .txt, one a line, or .jsonl.")
]
Column = Annotated[str | None, typer.Option(help="Key of the text in a .jsonl.  [default: text]")]


@app.command()
def duplicates(
    domain: DomainName,
    texts: Texts = None,
    file: From = None,
    column: Column = None,
    threshold: Annotated[float, typer.Option(help="Cosine from which on two texts are near duplicates.")] = 0.95,
    most_pairs: Annotated[int, typer.Option(min=1, help="Stop where there are more near pairs.")] = 1_000_000,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE.csv", help="The pairs as CSV.")] = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Find texts that are the same or nearly so: results with group, size, medoid, lowest, chain, members, pairs."""
    from domain_ft.commands.text_summary import show_duplicates
    from domain_ft.uses.find_duplicates import find_duplicates
    from domain_ft.uses.listed_texts import listed_texts
    from domain_ft.uses.used_model import model_in_use

    if output is not None and output.suffix.casefold() != ".csv":
        raise InputError(f"-o {output}: expected a name that ends in .csv")
    home = Home.from_environment()
    chosen = _with_used(domain, home, overrides)
    with console.progress_bars(quiet=as_json) as progress:
        listed = listed_texts(chosen, home, texts, file, column)
        used = model_in_use(chosen, home)
        found = find_duplicates(listed, used, threshold, most_pairs=most_pairs, progress=progress)
    if output is not None:
        found.write_csv(output)
    show(found.as_json(), as_json, show_duplicates)


@app.command()
def cluster(
    domain: DomainName,
    texts: Texts = None,
    file: From = None,
    column: Column = None,
    clusters: Annotated[
        int | None, typer.Option(min=1, help="How many.  [default: as many communities as the texts have]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 10, help="Equal seeds give equal clusters.")] = 42,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="A page, its picture, JSON and a table.")
    ] = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Find what texts are about: results with id, label, size, share, cohesion, parts, examples, members."""
    from domain_ft.commands.text_summary import show_clusters
    from domain_ft.uses.cluster_texts import PAGE, cluster_texts
    from domain_ft.uses.listed_texts import listed_texts
    from domain_ft.uses.used_model import model_in_use

    home = Home.from_environment()
    chosen = _with_used(domain, home, overrides)
    with console.progress_bars(quiet=as_json) as progress:
        listed = listed_texts(chosen, home, texts, file, column)
        used = model_in_use(chosen, home)
        found = cluster_texts(listed, used, clusters=clusters, seed=seed, progress=progress)
        if output is not None:
            found.write(output)
    report = found.as_json() | ({} if output is None else {"path": str(output), "page": str(output / PAGE)})
    show(report, as_json, show_clusters)


@app.command()
def strangers(
    domain: DomainName,
    queries: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...", help="Queries; without any the detector is made and told.")
    ] = None,
    file: From = None,
    column: Column = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Tell queries that are strange to a domain: results with id, text, score, threshold, p_value, stranger.
    Without a query and with --set out_of_distribution.KEY=VALUE it is a trial: search does not follow it."""
    from domain_ft.commands.text_summary import show_detector, show_strangers
    from domain_ft.uses.ask_strangers import ask_strangers
    from domain_ft.uses.detect_strangers import detect_strangers
    from domain_ft.uses.listed_texts import asked_texts

    fits = not queries and file is None
    home = Home.from_environment()
    chosen = _with_used(domain, home, overrides, *(("out_of_distribution",) if fits else ()))
    with console.progress_bars(quiet=as_json) as progress:
        if fits:
            trial = any(setting.startswith("out_of_distribution.") for setting in overrides)
            made = detect_strangers(chosen, home, trial=trial, progress=progress)
        else:
            listed = asked_texts(queries or (), file, column)
            asked = ask_strangers(chosen, home, listed, progress=progress)
    if fits:
        show(made.as_json(), as_json, show_detector)
    else:
        show(asked, as_json, show_strangers)


def _with_used(name: str, home: Home, overrides: list[str], *more: str) -> EmbeddingDomain:
    """The domain with `--set`; InputError for a setting that changes nothing of what the model in use says."""
    from domain_ft.judge import champion_folder
    from domain_ft.uses.used_model import OF_THE_BASE, used_settings

    domain = find_embedding_domain(name)
    champion = champion_folder(home, name)
    for setting in (parse_override(text)[0] for text in overrides):
        if champion is not None and setting in OF_THE_BASE:
            raise InputError(
                f"--set {setting}: has no effect here; {name} is served by its champion {champion.name}, whose "
                "manifest decides: leave it out"
            )
    return with_options(domain, None, overrides, *used_settings(domain, home), *more)
