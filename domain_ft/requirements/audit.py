"""The audit of a set of requirement records: what is wrong, how often, and in which of them.

Records come one by one and are not kept, so that a set of any size can be audited; what is kept of each is a digest,
and, where nearly equal records are looked for, its text.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain_ft.json_text import json_key
from domain_ft.requirements.issues import KINDS, Issue, issues_of
from domain_ft.requirements.lines import Line
from domain_ft.requirements.settings import RequirementAuditSettings
from domain_ft.safe_text import brief
from domain_ft.texts.near_duplicates import near_duplicates, word_shingles
from domain_ft.texts.text_rules import is_mojibake
from domain_ft.texts.tokens import token_counts
from domain_ft.words import normalized

QUANTILES = {"median": 0.5, "p95": 0.95, "longest": 1.0}


@dataclass(frozen=True)
class Example:
    """One issue as a person looks it up."""

    id: str
    line: int
    path: str
    value: str
    why: str


@dataclass
class Finding:
    """How often something is wrong, in which records, and some of the places."""

    count: int = 0
    ids: dict[str, None] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    def add(self, example: Example, shown: int) -> None:
        """One more; the first `shown` are kept as examples."""
        self.count += 1
        self.ids[example.id] = None
        if len(self.examples) < shown:
            self.examples.append(example)

    def as_json(self) -> dict[str, Any]:
        """Counts, ids, examples."""
        examples = [vars(example) for example in self.examples]
        return {"count": self.count, "records": len(self.ids), "ids": list(self.ids), "examples": examples}


FURTHER = (
    "unreadable_lines", "duplicate_records", "duplicate_concepts", "near_duplicates", "split_overlap", "mojibake",
)  # fmt: skip
"""What is found beside the issues of single records; all but unreadable lines only warn."""


@dataclass(frozen=True)
class AuditReport:
    """What was found in a set of records; `findings` by kind of issue and by the names in `FURTHER`."""

    total: int
    valid: int
    findings: Mapping[str, Finding]
    token_lengths: Mapping[str, int]
    """Tokens of the records that were counted, by the names in `QUANTILES`, and how many were; empty where none."""

    @property
    def sound(self) -> bool:
        """Whether every line is a record with nothing wrong in it."""
        return self.valid == self.total

    def as_json(self) -> dict[str, Any]:
        """`total_examples`, `valid_examples`, and each finding under its name."""
        findings = {name: finding.as_json() for name, finding in self.findings.items()}
        return {
            "total_examples": self.total,
            "valid_examples": self.valid,
            **findings,
            "token_lengths": dict(self.token_lengths),
        }


class Audit:
    """Takes the lines of a set one by one, then says what was found."""

    def __init__(self, settings: RequirementAuditSettings) -> None:
        self._settings = settings
        self._findings = {name: Finding() for name in (*KINDS, *FURTHER)}
        self._total = self._valid = 0
        self._first = defaultdict[str, dict[bytes, str]](dict)
        """Per thing that should stand once: what was seen of it, and in which record first."""
        self._elsewhere: dict[bytes, str] = {}
        """Per concept of other sets, where it stands."""
        self._texts: dict[str, str] = {}
        self._lengths: list[int] = []

    def know(self, line: Line, file: str) -> None:
        """A record of another set, which shares no concept with this one if all is well."""
        if line.concept is not None:
            self._elsewhere.setdefault(_digest(normalized(line.concept)), f"{line.name} of {file}")

    def add(self, line: Line, issues: Sequence[Issue] | None = None) -> None:
        """Take the next line, with its issues where they are known; an unreadable one has nothing right."""
        self._total += 1
        if line.record is None:
            self._find("unreadable_lines", f"line {line.number}", line.number, line.rule or "", line.value or line.text)
            return
        name = line.name
        issues = issues_of(line.record) if issues is None else issues
        for issue in issues:
            self._find(issue.kind, name, line.number, issue.path, issue.value, issue.why)
        self._valid += not issues
        self._compare(line, name)

    def report(self) -> AuditReport:
        """Everything found so far; the search for nearly equal records is done here."""
        if self._settings.near_duplicate is not None:
            self._find_near(self._settings.near_duplicate)
        lengths = sorted(self._lengths)
        quantiles = {name: lengths[round(share * (len(lengths) - 1))] for name, share in QUANTILES.items() if lengths}
        counted = {"counted": len(lengths), **quantiles} if lengths else {}
        return AuditReport(self._total, self._valid, self._findings, counted)

    def _compare(self, line: Line, name: str) -> None:
        """What a record has in common with those before it, and what is odd about its texts."""
        assert line.record is not None
        concept = line.concept
        said = json_key([line.record.get("concept"), line.record.get("requirements")])
        same = None if concept is None else _digest(normalized(concept))
        earlier = self._seen("records", _digest(said), name)
        if earlier is not None:
            self._find("duplicate_records", name, line.number, "", earlier, f"says what {earlier} says")
        elif same is not None and (other := self._seen("concepts", same, name)) is not None:
            self._find("duplicate_concepts", name, line.number, "concept", concept, f"is the concept of {other}, too")
        if same is not None and (other := self._elsewhere.get(same)) is not None:
            self._find("split_overlap", name, line.number, "concept", concept, f"is the concept of {other}, too")
        wanted = earlier is None and self._settings.near_duplicate is not None
        if wanted or not said.isascii() or len(self._lengths) < self._settings.token_sample:
            self._look_at_texts(line, name, wanted)

    def _look_at_texts(self, line: Line, name: str, compared: bool) -> None:
        record = line.record or {}
        texts = list(texts_of([record.get("concept"), record.get("requirements")]))
        whole = "\n".join(texts)
        if compared:
            self._texts[f"{name}\n{line.number}"] = whole
        if self._settings.mojibake and not whole.isascii():
            for text in texts:
                if not text.isascii() and is_mojibake(text):
                    self._find("mojibake", name, line.number, "", text, "was decoded by the wrong encoding")
        if len(self._lengths) < self._settings.token_sample:
            self._lengths += token_counts([whole])

    def _seen(self, what: str, digest: bytes, name: str) -> str | None:
        """The record in which a text stood before; None the first time."""
        earlier = self._first[what].get(digest)
        self._first[what].setdefault(digest, name)
        return earlier

    def _find_near(self, threshold: float) -> None:
        names = list(self._texts)
        for one, other in near_duplicates(list(self._texts.values()), threshold, word_shingles):
            (first, _), (name, number) = (names[each].rsplit("\n", 1) for each in (one, other))
            self._find("near_duplicates", name, int(number), "", first, f"says nearly what {first} says")

    def _find(self, name: str, identifier: str, line: int, path: str, value: Any, why: str = "") -> None:
        example = Example(identifier, line, path, brief(value if isinstance(value, str) else repr(value)), why)
        self._findings[name].add(example, self._settings.examples)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def texts_of(value: Any) -> Iterator[str]:
    """All texts in a JSON value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_of(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from texts_of(part)
