"""Base models of a comparison as people name them, and the keys that their partitions get."""

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.embedding.base_choice import BaseChoice, parse_base


@pytest.mark.parametrize(
    ("text", "name", "revision", "key"),
    [
        ("starter", "starter", None, "starter"),
        ("intfloat/e5-small-v2", "intfloat/e5-small-v2", None, "e5-small-v2"),
        ("BAAI/bge-small-en-v1.5@v1.0", "BAAI/bge-small-en-v1.5", "v1.0", "bge-small-en-v1.5@v1.0"),
        ("BAAI/bge-m3@refs/pr/12", "BAAI/bge-m3", "refs/pr/12", "bge-m3@refs-pr-12"),
        ("models/my_history/0123456789ab", "models/my_history/0123456789ab", None, "0123456789ab"),
        ("/srv/base models/Mini LM/", "/srv/base models/Mini LM/", None, "Mini-LM"),
        ("../..bases/a...b", "../..bases/a...b", None, "a.b"),
    ],
)
def test_a_base_has_a_name_perhaps_a_revision_and_a_short_key(
    text: str, name: str, revision: str | None, key: str
) -> None:
    choice = parse_base(text)
    assert (choice, choice.key) == (BaseChoice(name, revision), key)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("starter@v2", "has no revisions"),
        ("a/b@", "is missing"),
        ("bases/ä", "no letter or digit"),
        ("..", "no letter"),
    ],
)
def test_what_names_no_base_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_base(text)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_every_key_is_a_partition_and_a_folder_of_its_own(text: str) -> None:
    try:
        choice = parse_base(text)
    except ValueError:
        return
    assert dg.StaticPartitionsDefinition([choice.key]).get_partition_keys() == [choice.key]
    assert "/" not in choice.key
    assert not choice.key.startswith(".")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_is_written_out_is_read_back_as_the_same(text: str) -> None:
    try:
        choice = parse_base(text)
    except ValueError:
        return
    assert parse_base(str(choice)) == choice
