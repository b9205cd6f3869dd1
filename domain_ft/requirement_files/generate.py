"""Files of made-up concepts, and of the requirements of concepts."""

from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.json_text import plain_json
from domain_ft.progress import Progress, silent, told
from domain_ft.requirement_files.lines import read_lines, write_line, writing
from domain_ft.requirements.concepts import choose_concepts, concept_of
from domain_ft.requirements.grammar import Grammar
from domain_ft.requirements.synthesis import concept_row, made_by, requirements_of


@dataclass(frozen=True)
class GeneratedFile:
    """Where the rows are, and how many."""

    path: Path
    rows: int


def generate_concepts(grammar: Grammar, target: Path, *, count: int, seed: int) -> GeneratedFile:
    """Write so many different concepts; the same for the same grammar, count and seed."""
    with writing(None, target) as (file,):
        for concept in choose_concepts(grammar, count, seed):
            write_line(file, plain_json(concept_row(grammar, concept)))
    return GeneratedFile(target, count)


def generate_requirements(
    grammar: Grammar, source: Path, target: Path, *, progress: Progress = silent
) -> GeneratedFile:
    """Write the requirements of each concept of a file, by grammar.

    InputError where a line is no concept that a grammar made.
    """
    rows = 0
    with writing(source, target) as (file,):
        for line in told(read_lines(source), "generate", progress):
            concept = concept_of(line.record or {})
            if concept is None:
                raise InputError(
                    f"{source}:{line.number}: is no concept that a grammar made (with domain, subject, kind, "
                    "audience, region, tier); make some with `domain-ft generate concepts`, or use "
                    "--by ollama or --by transformers"
                )
            requirements = requirements_of(grammar, concept)
            written = {"requirements": requirements, "synthetic": made_by(grammar)}
            write_line(file, plain_json({**(line.record or {}), **written}))
            rows += 1
    return GeneratedFile(target, rows)
