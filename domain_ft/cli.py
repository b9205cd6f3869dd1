"""`domain-ft`: the same functions that the assets call, for people and scripts at a terminal.

Each command prints tables for people, or with `--json` one object for scripts; exit code 0 is done, 1 means that
the work failed or a gate said no, 2 that what was handed in is wrong, 130 that Ctrl-C ended it. Heavy libraries
are imported by the work.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from domain_ft import cli_requirements, cli_survey, console
from domain_ft.cli_options import AsJson
from domain_ft.domain import (
    AdapterDomain,
    AnyDomain,
    all_domains,
    find_domain,
    find_embedding_domain,
    parse_override,
)
from domain_ft.errors import DomainFtError, InputError
from domain_ft.faults import fault_sentence
from domain_ft.landing.settings import SourceSettings
from domain_ft.progress import Progress
from domain_ft.safe_text import masked, one_line, safe_json
from domain_ft.store.home import Home
from domain_ft.typed import typed_settings

app = typer.Typer(
    name="domain-ft",
    help="Fine-tunes embedding models on a team's own text, and says honestly whether each is better.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

INTERRUPTED = 130
"""The exit code of Ctrl-C, as a shell gives it, and as which Typer hands it on."""

DomainName = Annotated[str, typer.Argument(metavar="DOMAIN", help="A domain, such as test_history.")]
Preset = Annotated[str | None, typer.Option(help="A preset of the domain, such as quick.")]
Overrides = Annotated[list[str], typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override one setting.")]


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
        said = "interrupted; what was finished is kept, and the same command goes on from there"
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
        _print(report)
    else:
        console.show_table("doctor", ["check", "ok", "found"], [[f.name, f.ok, f.detail] for f in findings])
    raise typer.Exit(0 if report["ok"] else 1)


@app.command()
def domains(as_json: AsJson = False) -> None:
    """List the domains, and where each of them stands."""
    from domain_ft.status import status_of_domains

    rows = status_of_domains(Home.from_environment())
    _show("domains", {"domains": rows}, as_json)


app.command("status", help="The same as `domains`.")(domains)
app.add_typer(cli_requirements.app)
app.add_typer(cli_survey.app)


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
    from domain_ft.history.sample.write import write_sample

    source = find_domain(domain).source
    if not isinstance(source, SourceSettings):
        made = "; domain-ft generate requirements makes such records" if source.format == "requirements" else ""
        raise InputError(f"{domain} reads {source.format}, and a sample is a test execution history{made}")
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
    _show("sample", written.as_json(), as_json)


@app.command()
def ingest(
    domain: DomainName,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Default: the landing folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read files into the domain's normalized tables; rows that cannot be used go to quarantine."""
    from domain_ft import stages

    with _bars(as_json) as progress:
        result = stages.ingest(find_domain(domain), Home.from_environment(), files or None, progress=progress)
    _show("ingest", result.as_json(), as_json)


@app.command()
def dataset(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Make what is learned from of the newest tables, divide it, and report what leaks (nothing may).

    Of test histories and pairs triplets, of requirements audited, fixed and scored records.
    """
    from domain_ft import stages

    home, chosen = Home.from_environment(), find_domain(domain)
    with _bars(as_json) as progress:
        if isinstance(chosen, AdapterDomain):
            chosen = _with(chosen, preset, overrides, "audit", "dataset")
            audited = stages.audit(chosen, home, progress=progress)
            report = {**stages.fix(chosen, home, progress=progress).as_json(), "audit": audited.as_json()}
        else:
            chosen = _with(find_embedding_domain(domain), preset, overrides, "triplets")
            report = stages.build_dataset(chosen, home, progress=progress).as_json()
    _show("dataset", report, as_json)


@app.command()
def train(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Train a model on the newest dataset; interrupted, the same command goes on from the last checkpoint."""
    from domain_ft import stages

    with console.training_bars(quiet=as_json) as on_event:
        chosen = _with(find_embedding_domain(domain), preset, overrides, "training")
        result = stages.train(chosen, Home.from_environment(), on_event=on_event)
    _show("train", result.as_json(), as_json)


@app.command()
def benchmark(
    domain: DomainName,
    model: Annotated[str | None, typer.Option(help="A version, or challenger; default: the newest model.")] = None,
    preset: Preset = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Compare the newest model with random, BM25, base and champion on the test split; verdict and report."""
    from domain_ft import stages

    chosen = _with(find_embedding_domain(domain), preset, overrides, "benchmark", "promotion", "training.device")
    home = Home.from_environment()
    folder = stages.named_model(chosen, home, model) if model else None
    with _bars(as_json) as progress:
        result = stages.benchmark(chosen, home, folder, progress=progress)
    _show("benchmark", result.as_json(), as_json)


@app.command()
def promote(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Make the newest model the champion if its benchmark says WIN and no guard metric fell; else exit code 1."""
    from domain_ft import stages

    result = stages.promote(
        _with(find_embedding_domain(domain), preset, overrides, "promotion"), Home.from_environment()
    )
    _show("promote", result.as_json(), as_json)
    raise typer.Exit(0 if result.promoted else 1)


@app.command()
def rollback(domain: DomainName, as_json: AsJson = False) -> None:
    """Put the previous champion back; again goes further back in time."""
    from domain_ft import stages

    _show("rollback", stages.rollback(find_embedding_domain(domain), Home.from_environment()).as_json(), as_json)


@app.command()
def compare(domain: DomainName, as_json: AsJson = False) -> None:
    """List the registered versions with alias, benchmark and verdict."""
    from domain_ft import stages

    _show("compare", stages.compare(find_embedding_domain(domain), Home.from_environment()).as_json(), as_json)


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
    chosen = _with(find_embedding_domain(domain), preset, [])
    combinations = plan_sweep(chosen, axes, most)
    with console.training_bars(quiet=as_json) as on_event:
        announce = _unsaid if as_json else console.announce
        result = run_sweep(chosen, Home.from_environment(), combinations, on_event=on_event, announce=announce)
    _show("sweep", result.as_json(), as_json)
    raise typer.Exit(1 if result.failed else 0)


def _unsaid(sentence: str) -> None:
    """With `--json` nobody watches."""


@app.command()
def bases(domain: DomainName, preset: Preset = None, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Tune each of the domain's base_models and rank them on validation; nothing is promoted."""
    from domain_ft.bases.run import run_bases

    for text in overrides:
        if parse_override(text)[0] in ("training.base_model", "training.base_revision"):
            raise InputError(f"--set {text}: has no effect here; the bases are those under base_models in the YAML")
    chosen = _with(
        find_embedding_domain(domain), preset, overrides, "training", "benchmark", "promotion.minimum_effect"
    )
    with console.training_bars(quiet=as_json) as on_event:
        announce = _unsaid if as_json else console.announce
        result = run_bases(chosen, Home.from_environment(), on_event=on_event, announce=announce)
    _show("bases", result.as_json(), as_json)
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

    chosen, home = _with(find_embedding_domain(domain), preset, overrides, "benchmark"), Home.from_environment()
    folder = stages.named_model(chosen, home, model) if model else stages.model_in_use(chosen, home)
    with _bars(as_json) as progress:
        result = export_model(chosen, home, folder, format_, progress=progress)
    _show("export", result.as_json(), as_json)


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
    _show("clean", result.as_json(), as_json)


@app.command()
def run(
    domain: DomainName,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Files to ingest first.")] = None,
    preset: Preset = None,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """The whole loop as one Dagster run: ingest, dataset, train, benchmark, promote (requirements: no training)."""
    from domain_ft.run import run_domain

    overrides = typed_settings(overrides)
    result = run_domain(
        _with(find_domain(domain), preset, overrides), Home.from_environment(), files or [], overrides, as_json
    )
    _show("run", result, as_json)


def _with(domain: AnyDomain, preset: str | None, overrides: Sequence[str], *used: str) -> AnyDomain:
    """The domain with a preset and `--set`; where a command uses only some settings, others are refused."""
    for text in overrides if used else ():
        setting, _ = parse_override(text)
        if not any(setting == each or setting.startswith(f"{each}.") for each in used):
            raise InputError(f"--set {setting}: has no effect here; this command uses {', '.join(used)} only")
    if preset:
        domain = domain.with_preset(preset)
    return domain.with_overrides(dict(parse_override(text) for text in typed_settings(overrides)))


def _bars(as_json: bool) -> AbstractContextManager[Progress]:
    return console.progress_bars(quiet=as_json)


def _show(command: str, report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print(report)
        return
    from domain_ft.summary import show_summary

    show_summary(command, report)


def _print(value: dict[str, Any]) -> None:
    print(safe_json(value))


def _fail(sentence: str, exit_code: int, as_json: bool) -> None:
    sentence = one_line(masked(sentence))
    try:
        if as_json:
            _print({"error": sentence, "exit_code": exit_code})
        sys.stdout.flush()
    except OSError:  # stdout is what failed: what it still holds must not fail once more at the very end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    print(f"domain-ft: {sentence}", file=sys.stderr)
    raise SystemExit(exit_code)


if __name__ == "__main__":
    main()
