"""Hostile files of requirement records: each line is a record or lies in quarantine with its rule, each file is read or
is one sentence, and nothing that a record says is obeyed by a terminal or a page.

What a record may say wrongly is shown in `domain_ft_tests/requirements`, what a model may answer in `test_extract.py`,
what a server may do in `test_ollama.py`.
"""

import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from domain_ft.cli import main
from domain_ft.errors import DomainFtError, InputError
from domain_ft.landing import limits
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import RequirementSource
from domain_ft.requirement_files import filter as filtering
from domain_ft.requirement_files import score as scoring
from domain_ft.requirement_files import split as splitting
from domain_ft.requirement_files.audit import audit_file
from domain_ft.requirement_files.filter import filter_file
from domain_ft.requirement_files.fix import fix_file
from domain_ft.requirement_files.generate import generate_concepts, generate_requirements
from domain_ft.requirement_files.score import score_file
from domain_ft.requirement_files.split import split_file
from domain_ft.requirements.grammar import load_grammar
from domain_ft.requirements.settings import RequirementFilterSettings, RequirementSplitSettings
from domain_ft_tests.hostile.failing import file_size_limit, read_only
from domain_ft_tests.hostile.fuzzing import hostile, packed
from domain_ft_tests.requirements.records import items, sound

GOOD = json.dumps(sound()).encode()
ITEM = {"description": "Run on the till", "priority": "High"}


def written(folder: Path, content: bytes, name: str = "r.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def with_ids(*identifiers: Any) -> bytes:
    return json.dumps(sound(constraints=[{**ITEM, "id": each} for each in identifiers])).encode()


def with_requirements(requirements: Any) -> bytes:
    return json.dumps({**sound(), "requirements": requirements}).encode()


LINES: dict[str, tuple[bytes, str | None]] = {
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, None),
    "a carriage return at the end": (GOOD + b"\r", None),
    "space around it": (b"\t " + GOOD + b" \t", None),
    "a line separator in a text": (json.dumps(sound(title="Desk\u2028\u0085desk"), ensure_ascii=False).encode(), None),
    "not a number": (GOOD[:-1] + b', "x": NaN}', "json_not_finite"),
    "a number without end": (GOOD[:-1] + b', "x": 1e999}', "json_not_finite"),
    "a number of 5,000 digits": (GOOD[:-1] + b', "x": ' + b"9" * 5000 + b"}", "json_invalid"),
    "a key twice": (GOOD[:-1] + b', "score": 1}', "json_duplicate_key"),
    "a key twice, with space behind it": (b'{"concept" : "a", "concept": "b"}', "json_duplicate_key"),
    "500 brackets": (b'{"requirements": ' + b"[" * 500 + b"]" * 500 + b"}", "json_too_deep"),
    "200,000 brackets": (b'{"requirements": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "json_too_deep"),
    "500 brackets in YAML": (with_requirements("title: " + "[" * 500 + "]" * 500), "yaml_validation_errors"),
    "aliases that multiply": (
        with_requirements("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"),
        "yaml_validation_errors",
    ),
    "a tag that runs code": (
        with_requirements("title: !!python/object/apply:os.system []"),
        "yaml_validation_errors",
    ),
    "half of a character in YAML": (with_requirements('title: "\\ud800"'), "yaml_validation_errors"),
    "half of a character": (b'{"concept": "\\ud800"}', "json_bad_unicode"),
    "bad UTF-8": (b'{"concept": "\xff"}', "bad_utf8"),
    "a NUL": (b"\0", "json_invalid"),
    "a list": (b"[" + GOOD + b"]", "json_not_object"),
    "half a record": (GOOD[:-30], "json_invalid"),
    "a line of 17 MB": (b'{"concept": "' + b"x" * (17 << 20) + b'"}', "row_too_long"),
    "another kind of row": (b'{"query": "a", "positive": "b"}', "field_completeness_issues"),
    "requirements that are text": (with_requirements("The till must be fast."), "yaml_validation_errors"),
    "requirements that are a number": (with_requirements(7), "yaml_validation_errors"),
    "requirements that are null": (with_requirements(None), "field_completeness_issues"),
    "ids that are numbers": (with_ids(1, 2), None),
    "ids in superscript": (with_ids("C\u00b9", "C\u00b2"), "id_format_issues"),
    "ids in Arabic digits": (with_ids("C\u0660\u0660\u0661", "C002"), "id_format_issues"),
    "ids of standards and formulas": (with_ids("RFC2119", "C12H22"), "id_format_issues"),
    "ids that can be meant": (with_ids("C9", "C0010"), "sequence_gaps"),
    "ids beyond counting": (with_ids(10**30, "C" + "9" * 5000), "id_format_issues"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_a_record_or_lies_in_quarantine_and_the_next_one_is_read(tmp_path: Path, name: str) -> None:
    line, rule = LINES[name]
    other = json.dumps({**sound(), "concept_id": "other", "concept": "Another desk"}).encode()
    done = fix_file(written(tmp_path, line + b"\n" + other), tmp_path / "out.jsonl")
    assert (done.read, done.written, done.quarantined) == (2, 1 + (rule is None), int(rule is not None))
    assert set(done.reasons) <= {rule, "id_format_issues", "field_completeness_issues"}
    assert rule is None or rule in done.reasons
    for path in (done.path, done.diff, done.quarantine):
        assert all(isinstance(json.loads(text), dict) for text in path.read_bytes().split(b"\n") if text)


FILES: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("r.jsonl", b"", r"is empty; hand in a file with rows"),
    "blank lines": ("r.jsonl", b"\n \n\r\n", r"has no rows; hand in a file with rows"),
    "UTF-16": ("r.jsonl", GOOD.decode().encode("utf-16"), r"is UTF-16 text; save it as UTF-8"),
    "a table": ("r.jsonl", b"PAR1....PAR1", r"is a Parquet file"),
    "no gzip": ("r.jsonl.gz", GOOD, r"is not a gzip file though its name ends in \.gz"),
    "gzip cut short": ("r.jsonl.gz", gzip.compress(GOOD)[:-9], r"the gzip file is cut short"),
    "gzip damaged": ("r.jsonl.gz", gzip.compress(GOOD)[:30] + b"\0" * 40, r"the gzip file is (damaged|cut short)"),
    "gzip in gzip": ("r.jsonl.gz", gzip.compress(gzip.compress(GOOD)), r"is packed twice"),
}
STEPS: dict[str, Callable[[Path, Path], object]] = {
    "audit": lambda source, out: audit_file(source),
    "audit against": lambda source, out: audit_file(written(out.parent, GOOD, "good.jsonl"), against=[source]),
    "fix": lambda source, out: fix_file(source, out),
    "score": lambda source, out: score_file(source, out),
    "filter": lambda source, out: filter_file(source, out, RequirementFilterSettings()),
    "split": lambda source, out: split_file(source, out.parent / "parts", RequirementSplitSettings()),
    "generate": lambda source, out: generate_requirements(load_grammar(), source, out),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_one_sentence_and_leaves_nothing(tmp_path: Path, name: str, step: str) -> None:
    file, content, says = FILES[name]
    with pytest.raises(InputError, match=rf"{re.escape(file)}: {says}") as refused:
        STEPS[step](written(tmp_path, content, file), tmp_path / "out.jsonl")
    assert "\n" not in str(refused.value)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {file, "good.jsonl"}


@pytest.mark.parametrize("step", STEPS)
def test_what_is_no_file_is_told(tmp_path: Path, step: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, says in (
        ("folder", "is no regular file"),
        ("pipe", "is no regular file"),
        ("x", "there is no such file"),
    ):
        with pytest.raises(InputError, match=rf"{name}: {says}; name a JSONL file of records"):
            STEPS[step](tmp_path / name, tmp_path / "out.jsonl")


def test_a_gzip_file_that_unpacks_beyond_reason_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 1 << 20)
    bomb = written(tmp_path, gzip.compress(b"x" * (100 << 20)), "r.jsonl.gz")
    with pytest.raises(InputError, match=r"r\.jsonl\.gz: .* as only a decompression bomb does"):
        audit_file(bomb)


WRITING = [step for step in STEPS if not step.startswith("audit")]


@pytest.mark.parametrize("step", [step for step in WRITING if step != "split"])
def test_what_cannot_be_written_is_told_and_stays_as_it_was(tmp_path: Path, step: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    source = written(tmp_path, GOOD)
    for name, says in (
        ("folder", "is there already, and no regular file"),
        ("pipe", "is there already, and no regular file"),
        ("out.jsonl.gz", r"is written as plain text; choose a name that does not end in \.gz"),
        ("r.jsonl", "is the input itself, which is never overwritten"),
    ):
        with pytest.raises(InputError, match=rf"{name}: {says}"):
            STEPS[step](source, tmp_path / name)
    assert source.read_bytes() == GOOD
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "pipe", "r.jsonl"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of 120 concepts, by grammar, with scores."""
    folder = tmp_path_factory.mktemp("made")
    generate_concepts(load_grammar(), folder / "concepts.jsonl", count=120, seed=1)
    generate_requirements(load_grammar(), folder / "concepts.jsonl", folder / "made.jsonl")
    score_file(folder / "made.jsonl", folder / "scored.jsonl")
    return folder / "scored.jsonl"


@pytest.mark.parametrize("step", WRITING)
def test_a_disk_that_takes_no_more_is_one_sentence_and_leaves_nothing(made: Path, tmp_path: Path, step: str) -> None:
    with file_size_limit(1000), pytest.raises(DomainFtError, match=r"File too large; raise the limit"):
        STEPS[step](made, tmp_path / "out.jsonl")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("step", WRITING)
def test_a_folder_that_takes_nothing_is_one_sentence(made: Path, tmp_path: Path, step: str) -> None:
    with read_only(tmp_path), pytest.raises(DomainFtError, match=r"Read-only file system; name a folder that can be"):
        STEPS[step](made, tmp_path / "out.jsonl")


@pytest.mark.parametrize(
    ("step", "module", "between"),
    [("split", splitting, "divide"), ("filter", filtering, "filter_by_score"), ("score", scoring, "reference_of")],
)
@pytest.mark.parametrize("longer", [True, False])
def test_a_file_that_changes_between_two_readings_is_told_and_nothing_is_written(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, module: Any, between: str, longer: bool
) -> None:
    content = made.read_bytes()
    source = written(tmp_path, content)
    call = getattr(module, between)

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        source.write_bytes(content * 2 if longer else content[: len(content) // 2])
        return call(*arguments, **options)

    monkeypatch.setattr(module, between, meanwhile)
    with pytest.raises(InputError, match=r"r\.jsonl: changed while it was read; do this again"):
        STEPS[step](source, tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["r.jsonl"]


@pytest.mark.parametrize("score", [-0.1, 1.5, 10**400])
def test_a_score_beyond_its_ends_is_refused_with_its_line(tmp_path: Path, score: float) -> None:
    rows = ({"score": each, "components": {}} for each in (0.9, score))
    source = written(tmp_path, "\n".join(map(json.dumps, rows)).encode())
    with pytest.raises(InputError, match=r"r\.jsonl:2: its score, .{1,90}, is not between 0 and 1"):
        filter_file(source, tmp_path / "out.jsonl", RequirementFilterSettings())


NASTY = "\x1b[2J\x1b]0;pwned\x07\u202e[red]<script>alert(1)</script>\u2028"


@pytest.mark.parametrize("command", ["audit", "fix", "score"])
@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_in_a_record_is_obeyed_by_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, as_json: bool
) -> None:
    item = {"id": NASTY, "description": NASTY, "priority": NASTY}
    record = {**sound(title=NASTY, constraints=[item, item]), "concept_id": NASTY, "concept": NASTY}
    source = written(tmp_path, json.dumps(record).encode() + b"\n" + json.dumps(record).encode() + b"\n{\x1b[2J")
    out = ["-o", str(tmp_path / "out.json")]
    with pytest.raises(SystemExit):
        main([command, str(source), *out, *(["--json"] if as_json else [])])
    printed = capsys.readouterr()
    shown = (printed.out + printed.err).replace("\n", "")
    assert shown
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 or letter in "\u202e\u2028" for letter in shown)


LINES_OF_RECORDS = b"".join(
    json.dumps({**sound(**changes), "concept_id": str(number), "concept": f"Desk {number}"}).encode() + b"\n"
    for number, changes in enumerate(
        [
            {},
            {"constraints": items("C", "One")},
            {"constraints": "- id: C1\n  description: a\n- {}"},
            {"title": "\u2028"},
        ]
    )
)


@settings(max_examples=60, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(hostile(LINES_OF_RECORDS) | packed(hostile(LINES_OF_RECORDS)))
def test_whatever_a_file_holds_no_line_is_lost(content: bytes) -> None:
    with TemporaryDirectory() as name:
        source = written(Path(name), content)
        for look in (look_at_fixed, look_at_landed):
            try:
                look(source)
            except DomainFtError as error:
                sentence = str(error)
            else:
                continue
            assert "r.jsonl" in sentence
            assert "\n" not in sentence


def look_at_fixed(source: Path) -> None:
    done = fix_file(source, source.with_name("out.jsonl"))
    lines = [path.read_bytes().count(b"\n") for path in (done.path, done.quarantine, done.diff)]
    assert lines == [done.written, done.quarantined, done.changed]
    assert sum(lines[:2]) == done.read == audit_file(source).total
    if done.written:
        assert fix_file(done.path, source.with_name("again.jsonl")).changed == 0


def look_at_landed(source: Path) -> None:
    folder = source.parent
    read = {"domain": "r", "source": RequirementSource(), "raw": folder / "raw", "quarantine": folder / "aside"}
    landed = ingest_files([source], **read)
    assert landed.read == landed.accepted + landed.rejected + landed.duplicates > 0
