"""`domain-ft record`: a first execution history for a Python project that has none."""

from pathlib import Path
from typing import Annotated, Any

import typer

from domain_ft import console
from domain_ft.commands.options import AsJson
from domain_ft.commands.output import show
from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.landing.settings import SourceSettings
from domain_ft.settings import checked
from domain_ft.store.home import Home

app = typer.Typer()


@app.command()
def record(
    repo: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the Python project; it is never written to.")],
    changes: Annotated[int, typer.Option(metavar="N", help="Changes to try; more of them later go on from these.")],
    domain: Annotated[str, typer.Argument(metavar="[DOMAIN]", help="Whose columns the history has.")] = "test_history",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help=".csv or .csv.gz; default: a file in the landing folder.")
    ] = None,
    python: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Interpreter that has pytest and what the project needs.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Change only the code in this folder of the project.")
    ] = None,
    tests: Annotated[Path | None, typer.Option(metavar="DIR", help="Run only these tests of the project.")] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds for one run; default: five times the first, at least 60.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which changes are tried, and in which order.")] = 42,
    scope: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Scope of the tests; default: that of the domain's JUnit reports."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a first history for a Python project: run its tests for each of N small changes to a copy of it.

    The project's own tests, and its code with faults put into it, are executed on this machine as this user, without
    the credentials of the environment. Interrupted, the same command goes on; the file is written in the end.
    """
    from domain_ft.recording.record import record_history
    from domain_ft.recording.settings import RecordingSettings

    chosen = find_domain(domain).source
    if not isinstance(chosen, SourceSettings):
        raise InputError(f"{domain} reads {chosen.format}, and what is recorded is a test execution history")
    settings = checked(
        RecordingSettings,
        changes=changes, seed=seed, python=python, source=source, tests=tests, timeout=timeout, scope=scope,
    )  # fmt: skip
    home = Home.from_environment()
    with console.progress_bars(quiet=as_json) as progress:
        result = record_history(
            repo, settings, chosen, home, out=out, landing=home.landing(domain), progress=progress
        )  # fmt: skip
    show({**result.as_json(), "domain": domain}, as_json, show_recording)


def show_recording(report: dict[str, Any]) -> None:
    """Tell a person what came of a recording, from the same JSON that `--json` prints."""
    changes = report["changes"]
    console.say(
        f"{report['path']}: {report['builds']:,} builds, {report['tests']:,} tests, {report['runs']:,} runs in "
        f"{report['seconds']:,.0f} s"
    )
    console.say(
        f"{changes['tried']:,} changes: tests noticed {changes['killed']:,} of them ({changes['turned']:,} verdicts "
        f"turned) and {changes['survived']:,} not, {changes['timed_out']:,} did not end in time, "
        f"{changes['not_compiled']:,} were no program"
    )
    console.show_notes(report)
    console.say(f"next: domain-ft ingest {report['domain']} {report['path']}")
