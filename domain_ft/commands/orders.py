"""The commands of `domain-ft` that put tests in order: the experiment, and the daily ranking."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from domain_ft import console
from domain_ft.commands.options import AsJson, DomainName, Overrides, Preset, with_options
from domain_ft.commands.output import show
from domain_ft.domains import find_embedding_domain
from domain_ft.errors import InputError
from domain_ft.store.home import Home

app = typer.Typer()


@app.command()
def prioritize(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Compare orders of tests on the held-out builds: by history, words, embeddings, learned; choose what rank uses.
    With --set it is a trial: rank does not follow it."""
    from domain_ft.commands.order_summary import show_prioritization
    from domain_ft.uses.judge_orders import judge_orders

    chosen = with_options(
        find_embedding_domain(domain), preset, overrides, "prioritization", "promotion.minimum_effect"
    )
    with console.progress_bars(quiet=as_json) as progress:
        result = judge_orders(chosen, Home.from_environment(), trial=bool(overrides), progress=progress)
    show(result.as_json(), as_json, show_prioritization)


@app.command()
def rank(
    domain: DomainName,
    change_text: Annotated[str | None, typer.Option(metavar="TEXT", help="What the change says.")] = None,
    paths: Annotated[list[str], typer.Option("--path", help="A path that it touches; several may be given.")] = [],  # noqa: B006
    commit: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The change, as a commit of --repo: a hash, tag or branch, HEAD or HEAD~1."),
    ] = None,
    repo: Annotated[
        Path | None, typer.Option(help="The repository of --commit; default: the current folder's.")
    ] = None,
    tests: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Tests to rank, a line each (- for stdin): ids as the history has them, or pytest's own, such as what "
            "`pytest --collect-only -q` prints; default: all known.",
        ),
    ] = None,
    scope: Annotated[
        str | None, typer.Option(help="Product, suite or repository, where the history has several.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="How much is to run: 10m, 90s, 1h or 20%.")] = None,
    confidence: Annotated[
        float | None,
        typer.Option(
            min=1, max=100, help="In place of a budget: enough to see so many per cent of failing builds fail."
        ),
    ] = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Order tests for a change: results with test, rank, score, expected_s, reason, must_run, run. Where that cannot be
    done, the original order and why; the exit code stays 0."""
    from domain_ft.commands.order_summary import show_ranking
    from domain_ft.prioritization.ranking import Asked, original_order
    from domain_ft.uses.rank_tests import change_asked, rank_tests, trouble

    listed = _listed(tests)
    change, notes = change_asked(change_text, tuple(paths), commit, repo)
    asked = Asked(change, listed, scope, budget, confidence, notes)
    try:
        chosen = with_options(find_embedding_domain(domain), None, overrides, "prioritization")
        chosen.prioritization  # noqa: B018 - of a domain without a history it says so
        ranking = rank_tests(chosen, Home.from_environment(), asked)
    except InputError as error:
        if listed is None:  # there is no order to fall back on, and an empty list would run nothing
            raise
        ranking = original_order(asked, trouble(error))
    if ranking.fallback is not None:
        typer.echo(f"warning: not ranked, the original order stands: {ranking.fallback}", err=True)
    show(ranking.as_json(), as_json, show_ranking)


def _listed(file: str | None) -> tuple[str, ...] | None:
    """The tests that a file names; InputError where there is no such file: there is no order to fall back on."""
    from domain_ft.uses.named_tests import listed_names

    if file is None:
        return None
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"--tests {file}: cannot be read ({why}); name a file with one test id a line") from None
    return listed_names(text)
