"""Hostile input that is refused: each is one sentence that names what is wrong and where, and nothing is published.

The table reads as a list of attacks: what a file, a name, a setting or a folder tries, and the words it is met with.
Beside it stand `test_set_aside.py` (rows), `test_sizes.py` (what is too large), `test_faults.py` (disk and database),
and, in the tests of each reader, what a reader refuses by itself.
"""

import gzip
import json
import os
import pickle
import re
from pathlib import Path

import pyarrow as pa
import pytest

from domain_ft.landing.files import take
from domain_ft.store.publish import pointed, read_manifest
from domain_ft.training.job import TrainingJob, read_job
from domain_ft_tests.hostile.attacks import (
    HEAD,
    Attack,
    base_model,
    circle,
    dropped,
    folder_for_yaml,
    landed,
    lying_footer,
    model,
    modules,
    override,
    overwritten,
    parquet,
    report,
    sentence_of,
    settings,
    typed,
)  # fmt: skip
from domain_ft_tests.hostile.place import DOMAIN, Place
from domain_ft_tests.landing_world import COLUMNS, a_row, as_csv, as_jsonl

HEADER = ",".join(COLUMNS)
GOOD = as_csv([a_row()])
OPEN = b"<testsuite><properties/>"
JOB = {
    "module": "os", "domain": "d", "home": "/", "dataset": "/", "dataset_digest": "", "raw": "/",
    "base": {"name": "starter", "path": "/", "sha256": ""}, "precision": "fp32", "settings": {},
}  # fmt: skip

FILES: dict[str, tuple[Attack, str]] = {
    "gzip inside gzip": (landed("a.csv.gz", gzip.compress(gzip.compress(GOOD))), r"a\.csv\.gz: is packed twice"),
    "a program": (landed("a.csv", b"\x7fELF\x02\x01\x01" + bytes(100)), r"a\.csv: is not UTF-8 text .* save it as"),
    "a header without end": (landed("a.csv", b"a," * 100_000), r"a\.csv: line 1: the header takes more than 65,536"),
    "a header of blank lines": (landed("a.csv", b"\n" * 100_000 + GOOD), r"a\.csv: line 1: the header takes more"),
    "five thousand columns": (landed("a.csv", (HEADER + ",x" * 5000).encode()), r"line 1: has 5,009 columns; leave"),
    "a carriage return in the header": (landed("a.csv", b"a\rb,c\nd\n"), r"a\.csv: line 1: the header is not CSV"),
    "escapes in the header": (landed("a.csv", b"\x1b]0;pwned\x07,b\n1,2\n"), r"are '\\x1b\]0;pwned\\x07', 'b'; name"),
    "a column name of 50 KB": (landed("a.csv", b"x" * 50_000 + b"\n1\n"), r"present are 'x{79}…'; name the right one"),
    "verdicts that are escapes": (
        landed("a.csv", as_csv([a_row(TE_Test_Result="\x1b[2J[red]\u202e")])),
        r"unknown words: '\\x1b\[2J\[red\]\\u202e'; map the word",
    ),
    "a line of 17 MB and nothing else": (
        landed("a.jsonl", b'{"a": "' + b"x" * (17 << 20) + b'"}\n'),
        r"a\.jsonl: holds no row that is a JSON object \(line 1: row_too_long\); write one object per line",
    ),
    "keys that are data": (
        landed("a.jsonl", as_jsonl(*({f"k{n}-{m}": 1 for m in range(2000)} for n in range(20)))),
        r"a\.jsonl: column 'Build_ID' is missing .* present are 'k0-0', .*, \.\.\.; name",
    ),
    "a footer longer than the file": (
        parquet(lambda content: content[:-8] + b"\xff\xff\xff\x7fPAR1"),
        r"a\.parquet: not readable as Parquet: cut",
    ),
    "a footer of zeros": (parquet(lambda content: content[:-400] + bytes(392) + content[-8:]), r"a\.parquet: not read"),
    "a footer that lies about rows": (parquet(lying_footer), r"its footer speaks of 3 rows, but there are 2; write"),
    "a Parquet file of magic alone": (parquet(lambda content: b"PAR1PAR1"), r"a\.parquet: not readable as Parquet"),
    "bytes for text": (parquet(commit=pa.array([b"\xff\xfe"] * 2)), r"a\.parquet: not readable as Parquet.*UTF8"),
    "lists of lists": (parquet(commit=pa.array([[["x"]]] * 2)), r"column 'commit' is list<element: list<element"),
    "a number of 256 bits": (parquet(commit=pa.array([1] * 2).cast(pa.decimal256(70, 2))), r"'commit' is decimal256"),
    "a year beyond the calendar": (
        parquet(Build_Test_Start_Date=pa.array([2**55] * 2, pa.timestamp("ms"))),
        r"value 'timestamp 36028797018963968'",
    ),
    "an entity that nobody declared": (
        report(OPEN + b"<testcase name='&xxe;'/></testsuite>"),
        r"report\.xml:1: not whole, well-formed XML",
    ),
    "a comment of 17 MB": (report(OPEN + b"<!--" + b"x" * (17 << 20)), r"report\.xml:1: a tag or comment of more than"),
    "an attribute of 17 MB": (report(b"<testsuite name='" + b"x" * (17 << 20)), r"report\.xml:1: a tag or comment"),
    "a control character in XML": (report(OPEN + b"<testcase name='\x1b'/>"), r"report\.xml:1: not whole"),
}

NAMES: dict[str, tuple[Attack, str]] = {
    "a name of 5,000 letters": (
        typed("ingest", DOMAIN, "x" * 5000 + ".csv"),
        r"x{79}…: cannot be read \(File name too",
    ),
    "a name with a NUL": (lambda place: take(Path("a\0.csv")), r"a␀\.csv: no such file"),
    "a name that is no UTF-8": (typed("ingest", DOMAIN, "a\udcff.csv"), r"a⟨U\+DCFF⟩\.csv: no such file"),
    "a name of escapes and lines": (
        landed("\x1b[2J[red]x\nall is well.csv", b"a\n1\n"),
        r"␛\[2J\[red\]x␊all is well\.csv: column 'Build_ID' is",
    ),
    "a device": (typed("ingest", DOMAIN, "/dev/zero"), r"/dev/zero: is not a regular file"),
    "the folder above": (
        lambda place: place.run("ingest", DOMAIN, place.folder / ".."),
        r"\.\.: is a folder without JUnit",
    ),
    "a link in a circle": (circle, r"a\.csv: no such file"),
    "a link in the landing folder": (
        dropped("b.csv", "outside/a.csv"),
        r"landing/b\.csv: outside the folders that may",
    ),
    "a link to a folder of reports": (dropped("all", "outside"), r"landing/all/a\.xml: outside the folders that may"),
    "an unknown domain of escapes": (typed("dataset", "\x1b[31m../x"), r"unknown domain '\\x1b\[31m\.\./x'"),
    "a path out of the job": (
        lambda place: read_job(place.write("job.json", json.dumps(JOB | {"version": "../../x"}).encode()), TrainingJob),
        r"job\.json: version: String should match pattern",
    ),
    "a manifest that is a list": (
        lambda place: read_manifest(place.write("m/manifest.json", b"[1]").parent),
        r"manifest\.json: is no manifest",
    ),
}

SETTINGS: dict[str, tuple[Attack, str]] = {
    "a tag that runs code": (settings(HEAD + "  x: !!python/object/apply:os.system [ls]\n"), r"defs\.yaml:4: tags \("),
    "aliases that multiply": (
        settings(HEAD + "  a: &a [x, x]\n  b: &b [*a, *a]\n  c: [*b, *b]\n"),
        r"defs\.yaml:5: aliases \(\*a\)",
    ),
    "brackets without end": (settings(HEAD + "  x: " + "[" * 500 + "]" * 500), r"defs\.yaml:4: nested deeper than 40"),
    "a NUL in the YAML": (settings(HEAD + "  x: a\0b\n"), r"defs\.yaml: not valid YAML: unacceptable character"),
    "YAML in Latin-1": (settings(HEAD.encode() + b"  x: \xff\n"), r"defs\.yaml: not UTF-8 \(byte 73\); save it as"),
    "an escape beyond Unicode": (
        settings(HEAD + '  x: "\\UFFFFFFFF"\n'),
        r"defs\.yaml(:\d+)?: not valid YAML: .* (out of range|escape code)",
    ),
    "a folder for a YAML": (folder_for_yaml, r"defs\.yaml: cannot be read \(Is a directory\)"),
    "a thousand wrong keys": (
        settings(HEAD + "".join(f"  k{number}: 1\n" for number in range(1000))),
        r"defs\.yaml:4: k0: no such .* 999 more",
    ),
    "a domain named like a path": (settings(HEAD.replace("mine", "../../etc")), r"defs\.yaml:3: name: string should"),
    "a number that is none": (override("training.epochs", "nan"), r"training\.epochs: .*; got 'nan'"),
    "a number without end": (override("training.batch_size", "9" * 5000), r"training\.batch_size: .*; got '9{78}…"),
}

MODELS: dict[str, tuple[Attack, str]] = {
    "a home of nobody": (base_model("~nobody-at-all/x"), r"base_model: '~nobody-at-all/x' is neither"),
    "a base model with a NUL": (base_model("a\0b"), r"base_model: 'a\\x00b' is neither"),
    "a base model of 5,000 letters": (base_model("x" * 5000), r"base_model: 'x{199}…' is neither"),
    "a base model above the root": (base_model("../../../../../../etc"), r"\.\./etc: outside the folders that may be"),
    "a module outside the folder": (
        overwritten("modules.json", modules("../../x")),
        r"modules\.json: names a module outside its folder \(\.\./",
    ),
    "modules that are no list": (overwritten("modules.json", b'{"a": 1}'), r"modules\.json: is no list of modules"),
    "a tokenizer with code of its own": (
        overwritten("tokenizer_config.json", b'{"auto_map": {}}'),
        r"tokenizer_config\.json: asks for code of its own",
    ),
    "a module with code of its own": (
        overwritten("1_Pooling/config.json", b'{"auto_map": {}}'),
        r"1_Pooling/config\.json: asks for code of its own",
    ),
    "a pickle named safetensors": (
        overwritten("model.safetensors", pickle.dumps([print] * 99)),
        r"mine/model\.safetensors: not whole safetensors",
    ),
    "a header of weights that lies": (
        overwritten("model.safetensors", b"\xff" * 7 + b"\x7f{}"),
        r"mine/model\.safetensors: not whole safetensors",
    ),
    "weights cut short": (
        model(lambda folder: os.truncate(folder / "model.safetensors", 900)),
        r"mine/model\.safetensors: not whole",
    ),
    "a vocabulary that is a link": (
        model(lambda folder: (folder / "vocab.txt").symlink_to("/etc/hostname")),
        r"mine/vocab\.txt: outside the folders",
    ),
    "a config nested without end": (
        overwritten("config.json", b"[" * 100_000),
        r"mine/config\.json: not readable as JSON",
    ),
}

ATTACKS = {**FILES, **NAMES, **SETTINGS, **MODELS}


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_input_is_one_sentence_and_leaves_nothing_behind(name: str, place: Place) -> None:
    attack, says = ATTACKS[name]

    sentence = sentence_of(attack, place)

    assert re.search(says, sentence), sentence
    assert "\n" not in sentence
    assert len(sentence) < 3000
    assert "Traceback" not in sentence
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in sentence)
    assert place.unfinished() == []
    assert pointed(place.home.raw(DOMAIN) / "current") is None
    assert not place.home.models(DOMAIN).exists()


def test_there_are_more_than_forty() -> None:
    assert len(ATTACKS) >= 40
