import contextlib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.yaml_text import MAX_BYTES, parse_yaml


@pytest.mark.parametrize("scalar", ["no", "010", "12:30:45", "3e-5", "1_000", "on", "0x1f", "2026-01-01"])
def test_scalars_stay_as_written(scalar: str) -> None:
    assert parse_yaml(f"a: {scalar}", "f").value == {"a": scalar}


@pytest.mark.parametrize("scalar", ["", "~", "null"])
def test_nothing_is_none(scalar: str) -> None:
    assert parse_yaml(f"a: {scalar}", "f").value == {"a": None}


def test_quoted_null_is_text() -> None:
    assert parse_yaml("a: 'null'", "f").value == {"a": "null"}


def test_each_key_knows_its_line() -> None:
    document = parse_yaml("a:\n  b: 1\n  c:\n    - x\n    - y\n", "f")
    assert document.line(("a", "c", 1)) == 5
    assert document.line(("a", "b")) == 2


def test_an_absent_key_has_the_line_of_its_nearest_parent() -> None:
    assert parse_yaml("x: 1\na:\n  b: 1\n", "f").line(("a", "missing", "deep")) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: &x [1]\nb: *x\n", r"f:2: aliases"),
        ("a: 1\nb: 2\na: 3\n", r"f:3: the key 'a' stands here for the second time"),
        ("a: " + "[" * 500 + "]" * 500, r"f:1: nested deeper"),
        ("a: {b: 1\n", r"f:2: not valid YAML"),
        ("? [1, 2]\n: 3\n", r"f:1: a key must be plain text"),
        ("a: " + "x" * MAX_BYTES, r"f: larger than"),
        ("a: 1\n--- \nb: 2\n", r"f:2: not valid YAML"),
        ("a:\n  b: !!python/object/apply:os.system [ls]\n", r"f:2: tags \(tag:yaml\.org,2002:python/object/apply"),
        ("a: \0", r"f: not valid YAML: unacceptable character #x0000"),
        ("%YAML 1." + "1" * 5000 + "\n---\na: 1\n", r"f(:1)?: not valid YAML: .* number"),
        ('a: "\\UFFFFFFFF"', r"f(:1)?: not valid YAML: .* escape"),
        ('a: 1\nb: "\\ud800"', r"f:2: (not valid YAML: .* escape|holds half of a surrogate pair)"),
        ('"\\ud800": 1', r"f(:1)?: (not valid YAML: .* escape|holds half of a surrogate pair)"),
        ("- a\n- [b, {c: d, c: e}]", r"f:2: the key 'c' stands here for the second time"),
        ("x: &" + "a" * 10_000 + " 1\ny: *" + "a" * 10_000, r"f:2: aliases \(\*a{79}…\)"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as refusal:
        parse_yaml(text, "f")
    assert "\n" not in str(refusal.value)


KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)
TREES = st.recursive(
    KEYS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@settings(max_examples=200)
@given(TREES, st.sampled_from([None, True, False]))
def test_what_was_written_is_read_back(value: object, flow: bool | None) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, default_style='"', allow_unicode=True)
    assert parse_yaml(text, "f").value == value


@pytest.mark.timeout(60)
def test_the_largest_text_is_read_while_a_person_waits() -> None:
    assert len(parse_yaml("a: [" + "1," * (MAX_BYTES // 2 - 10) + "]", "f").value["a"]) == MAX_BYTES // 2 - 10


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    with contextlib.suppress(InputError):
        parse_yaml(text, "f")
