"""`domain-ft generate pairs`: query-passage pairs made of papers and manuals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from domain_ft import console
from domain_ft.amounts import counted
from domain_ft.commands.options import AsJson, DomainName, Overrides, with_options
from domain_ft.commands.output import show
from domain_ft.domain import EmbeddingDomain
from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.generation.settings import By
from domain_ft.store.home import Home

_SHOWN = 10


def pairs(
    domain: DomainName,
    documents: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE|FOLDER...", help="Default: the domain's folder of documents.")
    ] = None,
    by: Annotated[By | None, typer.Option(help="What makes them; default: generation.by.")] = None,
    model: Annotated[str | None, typer.Option(help="Of ollama: the model's tag; default: generation.model.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Default: the domain's landing folder.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask again where no answer could be used.")] = False,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Make query-passage pairs of papers and manuals (TXT, TEI XML, PDF, HTML), by rules or by a model of Ollama.

    A file of rows per document lands; stopped, the same command goes on, and asks nothing twice.
    """
    from domain_ft.generate_pairs import generate_pairs

    found = find_domain(domain)
    if not isinstance(found, EmbeddingDomain):
        raise InputError(f"{domain} learns from no query-passage pairs; domain-ft generate requirements is for it")
    found.generation  # noqa: B018 - refused before its settings are
    typed = {"by": by, "model": model}
    given = [f"generation.{name}={value}" for name, value in typed.items() if value is not None]
    chosen = with_options(found, None, [*overrides, *given], "generation")
    if chosen.generation.by == "rules":
        if again:
            raise InputError("--again: has no effect with --by rules; leave it out")
        if model is not None:
            raise InputError(f"--model {model}: has no effect where rules make the pairs; add --by ollama")
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"{out}: is no folder; name one that the rows are written to")
    with console.progress_bars(quiet=as_json) as progress:
        result = generate_pairs(
            chosen, Home.from_environment(), documents or (), out=out, again=again, progress=progress
        )
    show(result.as_json(), as_json, _show)
    raise typer.Exit(1 if result.tally.failures else 0)


def _show(report: dict[str, Any]) -> None:
    """For people."""
    counts = ("files", "read", "failed", "skipped", "passages", "asked", "kept", "pairs", "rows")
    console.show_table("generated pairs", list(counts), [[report[name] for name in counts]])
    for title, name in (("refused", "refused"), ("no usable answer", "unanswered"), ("rows by rule", "rules")):
        if report[name]:
            said = ", ".join(f"{key}: {count:,}" for key, count in report[name].items())
            console.say(f"{title}: {said}")
    if report["passages_repeated"]:
        console.say(f"passages repeated in their document, asked about once: {report['passages_repeated']:,}")
    if report["words_left_out"]:
        short = f"sections shorter than generation.least_words: {report['sections_too_short']:,}"
        console.say(f"words in no passage: {report['words_left_out']:,} ({short})")
    _say_each(report["failures"])
    _say_each(report["notes"])
    console.say(f"{counted(report['rows'], 'rows')} in {counted(len(report['paths']), 'files')}: {report['folder']}")


def _say_each(told: Sequence[Mapping[str, Any]]) -> None:
    for each in told[:_SHOWN]:
        place = f":{each['line']}" if "line" in each else f", page {each['page']}" if "page" in each else ""
        named = each["why"].startswith(each["file"])
        console.say(each["why"] if named else f"{each['file']}{place}: {each['why']}")
    if len(told) > _SHOWN:
        console.say(f"... and {len(told) - _SHOWN:,} more (--json names them all)")
