"""Documents into landing files of pairs, one document after the other: a failing one is told and stops no other."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.amounts import counted
from domain_ft.documents.document import Document
from domain_ft.documents.passages import Passages, passages_of
from domain_ft.documents.read import find_documents, read_document
from domain_ft.errors import DomainFtError
from domain_ft.faults import fault_sentence
from domain_ft.generation.answers import AnsweredPair
from domain_ft.generation.ask import Answer, Asked, ask_about
from domain_ft.generation.audited import audited
from domain_ft.generation.judge import overlap, refusal
from domain_ft.generation.landing_file import files_of_before, write_landing_file
from domain_ft.generation.result import Failed, GeneratedPairs, Tally
from domain_ft.generation.rows import MadePair, Origin, pair_row
from domain_ft.generation.settings import GenerationSettings
from domain_ft.landing.settings import PairSource
from domain_ft.progress import Progress, silent
from domain_ft.store.digests import sha256_file, short
from domain_ft.words import normalized

if TYPE_CHECKING:
    from domain_ft.generation.rules import MadePairs

_BE_RID = "to be rid of them, remove that file and the domain's raw/current, then ingest"


@dataclass(frozen=True)
class Places:
    """Where documents come from, where rows go, and where answers are kept."""

    documents: Sequence[Path]
    """Files, and folders of them."""
    landing: Path
    kept: Path


def generate_pairs(
    places: Places,
    settings: GenerationSettings,
    source: PairSource,
    connect: Callable[[], Asked],
    progress: Progress = silent,
    again: bool = False,
) -> GeneratedPairs:
    """Read documents, make pairs of their passages, and let the rows land, a file per document.

    `connect` is called where a model is to be asked. InputError where there is no document; DomainFtError where the
    model cannot be asked any more: what was answered is kept, and what has landed stays.
    """
    found = find_documents(places.documents)
    asked = connect() if settings.by == "ollama" else None
    tally = Tally(files=len(found.documents) + len(found.skipped), skipped=len(found.skipped))
    work = _Work(places, settings, source, asked, tally, _Asking(progress), again)
    for number, (file, below) in enumerate(found.documents, 1):
        work.document(file, below)
        progress("documents", number, len(found.documents))
    work.finish()
    return GeneratedPairs(settings.by, settings.model if asked else None, places.landing, source.columns.query, tally)


@dataclass(frozen=True)
class _Read:
    """A document that was read, before a model is asked or anything is written."""

    document: Document
    digest: str
    """Of the file."""
    origin: Origin
    passages: Passages
    by_rules: "MadePairs | None"


class _Asking:
    """Progress of all questions, of which each document adds its own."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._before, self._latest = progress, 0, 0

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        if done == 1:
            self._before += self._latest
        self._latest = total or 0
        self._progress("questions", self._before + done, self._before + self._latest)


@dataclass
class _Work:
    """What is done with each document."""

    places: Places
    settings: GenerationSettings
    source: PairSource
    asked: Asked | None
    tally: Tally
    progress: Progress
    again: bool

    def __post_init__(self) -> None:
        self._seen: dict[str, Path] = {}
        self._by_rules: list[tuple[Origin, tuple[MadePair, ...], Failed]] = []

    def finish(self) -> None:
        """Let the pairs by rules land, now that all documents are known."""
        ambiguous = _ambiguous([pair for _, pairs, _ in self._by_rules for pair in pairs])
        told: set[str] = set()
        for origin, pairs, nothing in self._by_rules:
            kept = []
            for pair in pairs:
                query = normalized(pair.query)
                if query in ambiguous or query in told:
                    self.tally.refused["several_documents" if query in ambiguous else "repeated"] += 1
                    continue
                told.add(query)
                kept.append(pair)
            self._land(kept, origin, nothing)

    def document(self, file: Path, below: Path) -> None:
        """Make the rows of a document; one with the content of an earlier one is skipped."""
        try:
            read = self._read(file, below)
        except Exception as error:  # of whatever kind: documents come from anywhere, and one stops no other
            self.tally.failed += 1
            self.tally.failures.append(Failed(str(file), _why_unread(error, file)))
            return
        if first := self._seen.get(read.digest):
            self.tally.skipped += 1
            self.tally.notes.append(Failed(str(file), f"has the same content as {first}, whose name its rows have"))
            return
        self._seen[read.digest] = file
        self.tally.read += 1
        self._pairs(read)

    def _read(self, file: Path, below: Path) -> _Read:
        document = read_document(file, self.settings.documents)
        passages = passages_of(document, self.settings.least_words, self.settings.most_words)
        made = None
        if not self.asked:
            from domain_ft.generation.rules import pairs_by_rules

            made = pairs_by_rules(document, passages.passages)
        return _Read(document, sha256_file(file), _origin(document, file, below), passages, made)

    def _pairs(self, read: _Read) -> None:
        self.tally.passages += len(read.passages.passages)
        self.tally.too_short += read.passages.too_short
        self.tally.words_left_out += read.passages.words_left_out
        nothing = self._nothing(read)
        if read.by_rules:
            self.tally.pairs += len(read.by_rules.pairs) + sum(read.by_rules.refused.values())
            self.tally.refused += read.by_rules.refused
            self._by_rules.append((read.origin, read.by_rules.pairs, nothing))
        elif self.asked:
            self._land(list(self._answered(self.asked, read)), read.origin, nothing)

    def _nothing(self, read: _Read) -> Failed:
        """What is said of a document of which no row comes."""
        least, passages = self.settings.least_words, len(read.passages.passages)
        if not passages:
            why = f"no section of it has {least:,} words (generation.least_words); lower that, or leave it out"
        elif self.asked:
            why = f"no pair that was answered about its {counted(passages, 'passages')} was taken; see what was refused"
        elif read.by_rules and (read.by_rules.pairs or read.by_rules.refused):
            why = "each of its questions was refused; see what was refused"
        else:
            why = f"no rule made a question of its {counted(passages, 'passages')}; a model can (--by ollama)"
        return Failed(str(read.document.path), f"gives no row: {why}")

    def _land(self, made: Sequence[MadePair], origin: Origin, nothing: Failed) -> None:
        """Write the rows of a document; where there are none, `nothing` is told."""
        pairs = list(self._sound(made))
        for pair in pairs:
            self.tally.rows += 1
            self.tally.query_words += len(pair.query.split())
            self.tally.overlap += overlap(pair.query, pair.passage.text)
        if pairs:
            rows = [pair_row(pair, origin, self.source.columns) for pair in pairs]
            written = write_landing_file(self.places.landing, origin.file_name, rows)
            self.tally.paths.append(written)
            for before in files_of_before(written, origin.file_name):
                self.tally.notes.append(Failed(nothing.file, f"has rows of before in {before} as well; {_BE_RID}"))
        else:
            self.tally.notes.append(nothing)

    def _sound(self, made: Sequence[MadePair]) -> Iterator[MadePair]:
        """Those that ingest accepts; a negative that it would drop is dropped."""
        for pair, verdict in zip(made, audited(made, self.source), strict=True):
            if verdict.rule:
                self.tally.refused[verdict.rule] += 1
                continue
            self.tally.rules.update([pair.rule] if pair.rule else [])
            yield replace(pair, negative=None) if verdict.without_negative else pair

    def _answered(self, asked: Asked, read: _Read) -> Iterator[MadePair]:
        passages, document = read.passages.passages, read.document
        kept = self.places.kept / short(read.digest) / f"{asked.digest}.jsonl"
        answers = ask_about(document, passages, asked, kept, self.progress, self.again)
        self.tally.kept += answers.resumed
        self.tally.asked += len(answers.answers) - answers.resumed
        self.tally.repeated += len(passages) - len(answers.answers)
        said: set[str] = set()
        for answer in answers.answers:
            if answer.failure:
                self.tally.unanswered[answer.failure] += 1
                place = answer.passage
                self.tally.failures.append(Failed(str(document.path), answer.why, place.line, place.page))
            for pair in answer.pairs:
                self.tally.pairs += 1
                why = "repeated" if normalized(pair.question) in said else self._refusal(pair, answer)
                if why:
                    self.tally.refused[why] += 1
                    continue
                said.add(normalized(pair.question))
                yield MadePair(
                    pair.question, answer.passage, asked.generator.model, pair.answer, created_at=answer.created_at
                )

    def _refusal(self, pair: AnsweredPair, answer: Answer) -> str | None:
        return refusal(pair, answer.passage.text, self.settings.least_grounded)


def _origin(document: Document, file: Path, below: Path) -> Origin:
    within = file.relative_to(below) if file.is_relative_to(below) else Path(file.name)
    names = [os.fsencode(part).decode("utf-8", "replace") for part in within.parts]  # a name may be of another encoding
    return Origin("/".join(names), document.title, names[0] if len(names) > 1 else None)


def _why_unread(error: Exception, file: Path) -> str:
    if isinstance(error, DomainFtError):
        return str(error)
    kind = type(error)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return fault_sentence(error, file) or f"{file}: cannot be read ({name}); leave it out, or save it as another kind"


def _ambiguous(pairs: Sequence[MadePair]) -> set[str]:
    """Queries that passages of several documents answer, each in its own way: `What are the display options?`"""
    passages: dict[str, set[str]] = {}
    for pair in pairs:
        passages.setdefault(normalized(pair.query), set()).add(normalized(pair.passage.text))
    return {query for query, found in passages.items() if len(found) > 1}
