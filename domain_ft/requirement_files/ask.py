"""The requirements of concepts, written by a model: a question each, line by line, and resumed where it was stopped.

Each answer is on the disk before the next question is asked, in `<target>.part`; the same command goes on from there,
and asks nothing twice. What came of no answer is told in `<target>.failed.jsonl`, which may be handed in to ask for it
again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError
from domain_ft.faults import faults_as_sentences
from domain_ft.json_text import plain_json
from domain_ft.llm.asking import answer_figures, ask_each
from domain_ft.llm.kept import kept_answers
from domain_ft.llm.protocol import GenerationError, GenerationOptions, Generator, GeneratorUnavailableError
from domain_ft.progress import Progress, silent
from domain_ft.requirement_files.lines import read_lines, require_writable, write_line, writing
from domain_ft.requirements.extract import extract
from domain_ft.requirements.lines import Line
from domain_ft.requirements.prompt import DEFAULT_PROMPT, PromptTemplate, answer_schema
from domain_ft.store.digests import sha256_json, short

_OF_ANOTHER_ASKING = ("failed", "answer")
"""Keys of a record that came to nothing when it was asked for before, perhaps of another model."""


@dataclass(frozen=True)
class AskedFile:
    """What came of a file of concepts: concepts = rows + failed; `resumed` of them had been answered before."""

    path: Path
    failures: Path
    concepts: int
    rows: int
    failed: int
    resumed: int


@dataclass(frozen=True)
class Asking:
    """Who is asked, and how; equal askings give equal digests."""

    generator: Generator
    by: str
    """What answers: `ollama`, or `transformers`."""
    options: GenerationOptions = GenerationOptions()  # noqa: RUF009 - frozen
    prompt: PromptTemplate = DEFAULT_PROMPT
    structured: bool = True
    """Whether a JSON schema is sent along, so that nothing else comes back."""
    weights: str = ""
    """The digest of the model, which another one of the same name does not have."""

    @property
    def provenance(self) -> dict[str, Any]:
        """What stands on every row."""
        return {
            "by": self.by,
            "model": self.generator.model,
            "weights": self.weights,
            "options": self.options.model_dump(mode="json"),
            "prompt": self.prompt.digest,
            "structured": self.structured,
        }

    @property
    def digest(self) -> str:
        """Of all that an answer depends on, beside the concept."""
        return short(sha256_json(self.provenance))


def ask_requirements(source: Path, target: Path, asking: Asking, progress: Progress = silent) -> AskedFile:
    """Ask for the requirements of each concept of a file.

    InputError where a line is no concept, or what is there of an earlier run came of other questions; DomainFtError
    where no question can be answered any more: what was answered is kept.
    """
    require_writable(source, _failures(target), target)
    records = [_record(line) for line in _concepts(source)]
    keys = [short(sha256_json(record)) for record in records]
    part = target.with_name(f"{target.name}.part")
    with faults_as_sentences(target), kept_answers(part, asking.digest) as answered:
        questions = list(zip(keys, records, strict=True))
        resumed = ask_each(questions, answered, lambda record: _asked(record, asking), progress)
        done = _written(source, target, [answered[key] for key in keys], resumed)
        part.unlink()
    return done


def _written(source: Path, target: Path, rows: Sequence[dict[str, Any]], resumed: int) -> AskedFile:
    failures = _failures(target)
    with writing(source, failures, target) as (failed_file, file):
        for row in rows:
            write_line(failed_file if "failed" in row else file, plain_json(row))
    failed = sum("failed" in row for row in rows)
    return AskedFile(target, failures, len(rows), len(rows) - failed, failed, resumed)


def _failures(target: Path) -> Path:
    """Where it stands which concepts came to nothing."""
    return target.with_name(f"{target.stem}.failed.jsonl")


def _asked(record: dict[str, Any], asking: Asking) -> dict[str, Any]:
    """The row of a concept: with its requirements, or with the reason why there are none."""
    schema = answer_schema() if asking.structured else None
    try:
        answer = asking.generator.generate(asking.prompt.messages(record["concept"]), asking.options, schema)
    except GeneratorUnavailableError:
        raise
    except GenerationError as error:
        return {**record, "failed": str(error), "synthetic": asking.provenance}
    found = extract(answer.text)
    synthetic = {**asking.provenance, **answer_figures(answer), "mode": found.mode}
    if found.found is None:
        return {**record, "failed": found.why, "answer": answer.text, "synthetic": synthetic}
    return {**record, "requirements": dict(found.found), "synthetic": synthetic}


def _concepts(source: Path) -> Iterator[Line]:
    for line in read_lines(source):
        if line.concept is None:
            raise InputError(f"{source}:{line.number}: is no record with a concept; give it one, or leave it out")
        yield line


def _record(line: Line) -> dict[str, Any]:
    """What is asked about; lines that say the same in it are asked about once, and get the one answer."""
    return {name: value for name, value in (line.record or {}).items() if name not in _OF_ANOTHER_ASKING}
