"""`domain-ft`: the same functions that the assets call, for people and scripts at a terminal.

Each command prints tables for people, or with `--json` one object for scripts; exit code 0 is done, 1 means that
the work failed or a gate said no, 2 that what was handed in is wrong, 130 that Ctrl-C ended it. Heavy libraries
are imported by the work.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from domain_ft import console
from domain_ft.commands import adapters, models, orders, pairs, record, requirements, search, survey, texts
from domain_ft.commands.options import AsJson, DomainName, Overrides, Preset, stages_of, with_options
from domain_ft.commands.output import print_json, show_report
from domain_ft.domain import AdapterDomain
from domain_ft.domains import all_domains, find_domain
from domain_ft.errors import INTERRUPTED, DomainFtError, InputError
from domain_ft.faults import fault_sentence
from domain_ft.landing.settings import SourceSettings
from domain_ft.safe_text import masked, one_line
from domain_ft.store.home import Home
from domain_ft.typed import typed_settings

app = typer.Typer(
    name="domain-ft",
    help="Fine-tunes embedding models on a team's own text, and says honestly whether each is better.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the CLI; a failure of ours becomes one sentence on stderr (and in the JSON) and its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        try:
            app(args=given, standalone_mode=True)
        finally:
            sys.stdout.flush()
    except DomainFtError as error:
        _fail(str(error), error.exit_code, "--json" in given)
    except (KeyboardInterrupt, SystemExit) as ended:
        if isinstance(ended, SystemExit) and ended.code != INTERRUPTED:
            raise
        said = "interrupted; nothing is half written, and the same command goes on or begins anew"
        _fail(said, INTERRUPTED, "--json" in given)
    except Exception as error:
        sentence = fault_sentence(error)
        if sentence is None:
            raise
        _fail(sentence, DomainFtError.exit_code, "--json" in given)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check the machine, the domains and the loop: what was found, and what to do about it."""
    from domain_ft.doctor.examine import as_json as findings_as_json
    from domain_ft.doctor.examine import examine

    findings = examine(Home.from_environment())
    report = findings_as_json(findings)
    if as_json:
        print_json(report)
    else:
        console.show_table("doctor", ["check", "ok", "found"], [[f.name, f.ok, f.detail] for f in findings])
    raise typer.Exit(0 if report["ok"] else 1)


@app.command()
def domains(as_json: AsJson = False) -> None:
    """List the domains, and where each of them stands."""
    from domain_ft.status import status_of_domains

    rows = status_of_domains(Home.from_environment())
    show_report("domains", {"domains": rows}, as_json)


app.command("status", help="The same as `domains`.")(domains)


@app.command()
def clean(
    domain: Annotated[str | None, typer.Argument(metavar="DOMAIN", help="Default: every domain.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what nothing needs any more: old models, data, benchmarks, caches, work folders, notes of runs."""
    from domain_ft import stages
    from domain_ft.retention.clean import together

    chosen = [find_domain(domain)] if domain else all_domains()
    home = Home.from_environment()
    result = together([stages.clean(each, home, dry_run=dry_run) for each in chosen], dry_run=dry_run)
    show_report("clean", result.as_json(), as_json)


@app.command()
def run(
    domain: DomainName,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Files to ingest first.")] = None,
    preset: Preset = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """The whole loop as one Dagster run: ingest, dataset, train, benchmark, promote."""
    from domain_ft.run import run_domain

    overrides = typed_settings(overrides)
    result = run_domain(
        with_options(find_domain(domain), preset, overrides), Home.from_environment(), files or [], overrides, as_json
    )
    show_report("run", result, as_json)


@app.command()
def sample(
    domain: DomainName,
    out: Annotated[Path, typer.Option(help="File to write: .csv or .csv.gz.")],
    builds: Annotated[int, typer.Option(min=2, help="Builds.")] = 600,
    tests: Annotated[int, typer.Option(min=2, help="Tests.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal files.")] = 42,
    signal: Annotated[float, typer.Option(min=0, max=1, help="How strongly failures follow from changes.")] = 0.8,
    broken_rows: Annotated[int, typer.Option(min=0, help="Rows that ingest must reject.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Write a believable history of a made-up product, to try the whole thing with."""
    from domain_ft.history.csv_file import check_duration_unit
    from domain_ft.history.sample.write import write_sample

    source = find_domain(domain).source
    if not isinstance(source, SourceSettings):
        made = "; domain-ft generate requirements makes such records" if source.format == "requirements" else ""
        raise InputError(f"{domain} reads {source.format}, and a sample is a test execution history{made}")
    check_duration_unit(source.duration_unit, "a sample")
    written = write_sample(
        out,
        builds=builds,
        tests=tests,
        seed=seed,
        signal=signal,
        broken_rows=broken_rows,
        names=source.columns.model_dump(exclude_none=True),
        delimiter=source.delimiter,
    )
    show_report("sample", written.as_json(), as_json)


@app.command()
def ingest(
    domain: DomainName,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Default: the landing folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read files into the domain's normalized tables; rows that cannot be used go to quarantine."""
    from domain_ft import stages

    with console.progress_bars(quiet=as_json) as progress:
        result = stages.ingest(find_domain(domain), Home.from_environment(), files or None, progress=progress)
    show_report("ingest", result.as_json(), as_json)


@app.command()
def dataset(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Make what is learned from of the newest tables, divide it, and report what leaks (nothing may).

    Of test histories and pairs triplets, of requirements audited, fixed and scored records.
    """
    found = find_domain(domain)
    of_records = isinstance(found, AdapterDomain)
    used = ("audit", "dataset") if of_records else ("triplets",)
    chosen, home = with_options(found, preset, overrides, *used), Home.from_environment()
    stages = stages_of(chosen)
    with console.progress_bars(quiet=as_json) as progress:
        if of_records:
            audited = stages.audit(chosen, home, progress=progress)
            report = {**stages.fix(chosen, home, progress=progress).as_json(), "audit": audited.as_json()}
        else:
            report = stages.build_dataset(chosen, home, progress=progress).as_json()
    show_report("dataset", report, as_json)


requirements.generate.command("pairs")(pairs.pairs)
for commands in (models, orders, search, texts, adapters, requirements, survey, record):
    app.add_typer(commands.app)


def _fail(sentence: str, exit_code: int, as_json: bool) -> None:
    sentence = one_line(masked(sentence))
    try:
        if as_json:
            print_json({"error": sentence, "exit_code": exit_code})
        sys.stdout.flush()
    except OSError:  # stdout is what failed: what it still holds must not fail once more at the very end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    print(f"domain-ft: {sentence}", file=sys.stderr)
    raise SystemExit(exit_code)


if __name__ == "__main__":
    main()
