"""The commands of `domain-ft` that work on files of requirement records, one step each."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from domain_ft import console
from domain_ft.commands.options import AsJson, requirements_domain
from domain_ft.commands.output import show
from domain_ft.commands.requirement_summary import (
    show_answers,
    show_filtered,
    show_findings,
    show_fixed,
    show_parts,
    show_scores,
    show_written,
)
from domain_ft.errors import InputError
from domain_ft.requirements.fix import Form
from domain_ft.settings import checked, checked_set

if TYPE_CHECKING:
    from domain_ft.requirement_files.ask import Asking

app = typer.Typer()
generate = typer.Typer(help="Make up concepts, and the requirements of concepts.", no_args_is_help=True)
app.add_typer(generate, name="generate")

Source = Annotated[Path, typer.Argument(metavar="FILE", help="Records, one JSON object per line.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="File to write, never the input.")]
MaybeOut = Annotated[Path | None, typer.Option("--out", "-o", help="File to write, never the input.")]
GrammarFile = Annotated[
    Path | None, typer.Option("--grammar", help="YAML that adds to the packaged grammar, or replaces what it names.")
]
NearDuplicates = Annotated[bool, typer.Option("--near-duplicates/--no-near-duplicates", help="Look for them.")]


@generate.command("concepts")
def concepts(
    out: Out,
    count: Annotated[int, typer.Option(min=1, help="Concepts, each a different one.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal files.")] = 42,
    grammar: GrammarFile = None,
    as_json: AsJson = False,
) -> None:
    """Put concepts together: products of a domain, for an audience, in a region, of a size."""
    from domain_ft.requirement_files.generate import generate_concepts
    from domain_ft.requirements.grammar import load_grammar

    made = generate_concepts(load_grammar(grammar), out, count=count, seed=seed)
    show({"path": str(made.path), "rows": made.rows}, as_json, show_written)


@generate.command("requirements")
def requirements(
    source: Source,
    out: Out,
    by: Annotated[Literal["grammar", "ollama", "transformers"], typer.Option(help="What writes them.")] = "grammar",
    model: Annotated[str | None, typer.Option(help="Of ollama: the model's tag; of transformers: its folder.")] = None,
    device: Annotated[str, typer.Option(help="Of transformers: auto, cpu, cuda or cuda:N.")] = "auto",
    grammar: GrammarFile = None,
    options: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="Of a model: temperature, seed, num_predict, ...")
    ] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write the requirements of each concept: by grammar, in its words, or by a model, resumed where it was stopped."""
    of_others = {
        "--model": by == "grammar" and model,
        "--set": by == "grammar" and options,
        "--grammar": by != "grammar" and grammar,
        "--device": by != "transformers" and device != "auto",
    }
    for option, given in of_others.items():
        if given:
            raise InputError(f"{option}: has no effect with --by {by}; leave it out")
    with console.progress_bars(quiet=as_json) as progress:
        if by == "grammar":
            from domain_ft.requirement_files.generate import generate_requirements
            from domain_ft.requirements.grammar import load_grammar

            made = generate_requirements(load_grammar(grammar), source, out, progress=progress)
            show({"path": str(made.path), "rows": made.rows}, as_json, show_written)
            return
        from domain_ft.requirement_files.ask import ask_requirements

        done = ask_requirements(source, out, _asking(by, model, device, options), progress)
    show({**asdict(done), "path": str(done.path), "failures": str(done.failures)}, as_json, show_answers)
    raise typer.Exit(1 if done.failed else 0)


def _asking(by: Literal["ollama", "transformers"], model: str | None, device: str, options: Sequence[str]) -> "Asking":
    from domain_ft.domain import parse_override
    from domain_ft.llm.protocol import GenerationOptions
    from domain_ft.requirement_files.ask import Asking

    given = dict(map(parse_override, options))
    of_server = {name.removeprefix("ollama."): given.pop(name) for name in list(given) if name.startswith("ollama.")}
    if of_server and by != "ollama":
        raise InputError(f"--set ollama.{next(iter(of_server))}: has no effect with --by {by}; leave it out")
    chosen = checked_set(GenerationOptions, given)
    if model is None:
        there = "TAG); `ollama list` shows those there are" if by == "ollama" else "FOLDER)"
        raise InputError(f"--by {by}: name the model that writes (--model {there}")
    if by == "transformers":
        from domain_ft.llm.local import load_generator

        local = load_generator(Path(model), device)
        return Asking(local, by, chosen, structured=False, weights=local.digest)
    from domain_ft.llm.ollama import Ollama
    from domain_ft.llm.settings import OllamaSettings

    server = Ollama(checked_set(OllamaSettings, of_server, within="ollama."))
    server.ensure(model)
    return Asking(server.generator(model), by, chosen, weights=server.digest(model))


@app.command()
def score(source: Source, out: MaybeOut = None, as_json: AsJson = False) -> None:
    """Score records from 0 to 1, by component, weighed as the YAML says, beside the replaced system's score."""
    from domain_ft.requirement_files.score import score_file

    domain = requirements_domain()
    done = score_file(source, out, domain.dataset.score if domain else None)
    if not done.scored:
        raise InputError(
            f"{source}: none of its {done.read:,} lines is a record with a concept; there is nothing to score"
        )
    report = {
        "path": str(done.path) if done.path else None,
        "read": done.read,
        "scored": done.scored,
        "score": done.score,
        "legacy_score": done.legacy_score,
        "components": dict(done.components),
        "modes": dict(done.modes),
    }
    show(report, as_json, show_scores)


@app.command("filter")
def filter_command(
    source: Source,
    out: Out,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Score that a record must reach.")] = 0.8,
    minimum: Annotated[int, typer.Option(min=1, help="Records that must reach it, or nothing is written.")] = 1,
    allow_below: Annotated[
        int, typer.Option(min=0, help="Best records below it that may fill up to the minimum, marked as such.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Keep the records whose score is high enough; too few of them are a failure, not a lower threshold."""
    from domain_ft.requirement_files.filter import filter_file
    from domain_ft.requirements.settings import RequirementFilterSettings

    settings = checked(RequirementFilterSettings, threshold=threshold, minimum=minimum, allow_below=allow_below)
    done = filter_file(source, out, settings)
    report = {
        "path": str(done.path),
        "read": done.read,
        "written": done.reached + done.taken_below,
        "reached": done.reached,
        "taken_below": done.taken_below,
        "left_out": done.left_out,
    }
    show(report, as_json, show_filtered)


@app.command()
def split(
    source: Source,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for train, validation and test.jsonl.")],
    validation: Annotated[float, typer.Option(help="Share for choosing settings and checkpoints.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share for the benchmark alone.")] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal parts.")] = 42,
    curated: Annotated[
        Path | None, typer.Option(help="Evaluation file: what is like its concepts is trained on by nobody.")
    ] = None,
    family_pattern: Annotated[
        str | None,
        typer.Option(help="Regular expression: its first group is the family of a concept that names none."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Divide records by concept family and near duplicates, and report what leaks (nothing may)."""
    from domain_ft.requirement_files.split import split_file
    from domain_ft.requirements.settings import RequirementSplitSettings

    pattern = {"family_pattern": family_pattern} if family_pattern else {}
    settings = checked(RequirementSplitSettings, validation=validation, test=test, **pattern)
    done = split_file(source, out, settings, seed=seed, curated=curated)
    report = {
        "path": str(out),
        "paths": {name: str(path) for name, path in done.paths.items()},
        "counts": dict(done.counts),
        "groups": dict(done.division.families),
        "like_curated": {**done.division.left_out, "in_test": done.division.like_in_test},
        "leakage": done.division.leakage.as_json(),
    }
    show(report, as_json, show_parts)


@app.command()
def audit(
    source: Source,
    out: MaybeOut = None,
    against: Annotated[
        list[Path] | None, typer.Option("--against", help="Files that share no concept with this one, if all is well.")
    ] = None,
    near_duplicates: NearDuplicates = True,
    markdown: Annotated[Path | None, typer.Option(help="File to write the report to as Markdown, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with records: how often, in which of them, with examples."""
    from domain_ft.requirement_files.audit import write_audit

    with console.progress_bars(quiet=as_json) as progress:
        settings = _audit_settings(near_duplicates)
        report = write_audit(source, out, markdown, against=against or (), settings=settings, progress=progress)
    paths = {"path": str(out) if out else None, "markdown": str(markdown) if markdown else None}
    show({**paths, **report}, as_json, show_findings)


@app.command()
def fix(
    source: Source,
    out: Out,
    form: Annotated[Form, typer.Option(help="How lists are written: as they came, as objects, or as YAML text.")] = (
        "as_given"
    ),
    renumber: Annotated[bool, typer.Option("--renumber", help="Number requirements by their order.")] = False,
    near_duplicates: NearDuplicates = False,
    as_json: AsJson = False,
) -> None:
    """Repair ids and priorities; what cannot be repaired goes to quarantine, and the exit code is 1 then."""
    from domain_ft.requirement_files.fix import fix_file

    with console.progress_bars(quiet=as_json) as progress:
        settings = _audit_settings(near_duplicates)
        done = fix_file(source, out, form=form, renumber=renumber, settings=settings, progress=progress)
    report = {
        "path": str(done.path),
        "diff": str(done.diff),
        "quarantine": str(done.quarantine),
        "read": done.read,
        "written": done.written,
        "changed": done.changed,
        "quarantined": done.quarantined,
        "changes": dict(done.changes),
        "reasons": dict(done.reasons),
        "audit": done.audit.as_json(),
    }
    show(report, as_json, show_fixed)
    raise typer.Exit(1 if done.quarantined else 0)


def _audit_settings(near_duplicates: bool) -> Any:
    from domain_ft.requirements.settings import RequirementAuditSettings

    return RequirementAuditSettings() if near_duplicates else RequirementAuditSettings(near_duplicate=None)
