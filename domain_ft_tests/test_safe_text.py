"""What is printed hides nothing, commands no terminal, and tells no secret."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain_ft.safe_text import brief, fenced, masked, one_line, safe_json, visible

CREDENTIALS = st.text(
    st.characters(codec="ascii", exclude_characters=" '\"", exclude_categories=["C", "Z"]), min_size=6
)


def test_line_breaks_stay_and_nothing_else_hides() -> None:
    assert visible("a\r\nb\tc\x7f\u200bd\u2028e é 漢") == "a\nb␉c␡⟨U+200B⟩d⟨U+2028⟩e é 漢"


def test_a_line_of_a_log_stays_one_line() -> None:
    assert one_line("a.csv\nall is well\x1b[2J\x9b31m\u202e") == "a.csv␊all is well␛[2J⟨U+009B⟩31m⟨U+202E⟩"


@given(st.text())
def test_no_text_says_anything_to_a_terminal(text: str) -> None:
    assert not any(letter < " " or "\x7f" <= letter <= "\x9f" for letter in one_line(text))


def test_a_long_text_is_cut_for_a_sentence() -> None:
    assert brief("x" * 1000) == "x" * 79 + "…"


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
def test_json_is_printable_and_means_the_same(value: object) -> None:
    text = safe_json(value)
    assert text.isprintable()
    assert json.loads(text) == value


@given(st.text(st.sampled_from("`~ a<[>\n")))
def test_a_block_of_markdown_holds_the_whole_text_and_nothing_beside_it(text: str) -> None:
    (block,) = MarkdownIt().parse(fenced(text))
    assert (block.type, block.content) == ("fence", f"{text}\n")


@given(CREDENTIALS, CREDENTIALS, st.sampled_from(["http", "https", "postgresql", "mysql+pymysql"]))
def test_user_and_password_are_masked_whatever_they_hold(user: str, password: str, scheme: str) -> None:
    shown = masked(f"cannot reach {scheme}://{user}:{password}@host/mlflow today")
    assert shown == f"cannot reach {scheme}://***@host/mlflow today"


@given(CREDENTIALS.filter(lambda text: not set(text) & set("&;?")))
def test_secret_query_values_are_masked(secret: str) -> None:
    secret = "s3cret" + secret
    assert secret not in masked(f"http://host/x?a=1&access_token={secret}&b=2")


def test_other_query_values_stay() -> None:
    assert masked("http://host/x?a=1&access_token=s3cret&b=2") == "http://host/x?a=1&access_token=***&b=2"


def test_addresses_without_secrets_stay_as_they_are() -> None:
    for uri in ("sqlite:////home/a@b/mlflow.db", "http://127.0.0.1:5000/#/models", "file:///a@b", "a@b.c"):
        assert masked(uri) == uri


@pytest.mark.parametrize("password", ["it's secret", 'qu"oted', "p@ss:w/rd"])
def test_a_password_that_we_were_given_is_masked_wherever_it_stands(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"https://someone:{password}@host/mlflow")
    shown = masked(f"host=host, auth=('someone', {password}), https://someone:{password}@host/mlflow")
    assert password not in shown


def test_a_token_that_we_were_given_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefgh")
    assert masked("401 for Bearer hf_abcdefgh") == "401 for Bearer ***"
