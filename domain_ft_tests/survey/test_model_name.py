"""A tag and a folder cannot be taken for each other, and either has a name that Dagster takes for a partition."""

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.survey.model_name import checked_model, is_folder, partition_key

TAGS = ["qwen2.5:7b-instruct", "llama3.2", "hf.co/org/model-GGUF:Q4_K_M", "registry.local:5000/me/mine:v1"]


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_its_own_partition(tag: str) -> None:
    assert checked_model(f" {tag} ") == tag
    assert not is_folder(tag)
    assert partition_key(tag) == tag
    dg.StaticPartitionsDefinition([partition_key(tag)])


def test_the_newest_of_a_model_may_be_named_with_its_tag_or_without() -> None:
    assert partition_key("llama3.2:latest") == partition_key("llama3.2")


@pytest.mark.parametrize("folder", ["./models/mine", "../mine", "/srv/models/mine", "~/mine"])
def test_a_folder_is_called_by_its_last_part(folder: str) -> None:
    assert is_folder(checked_model(folder))
    assert partition_key(folder) == "mine"


@pytest.mark.parametrize("text", ["", "two words", "a,b", "-x", "a:b:c", "./", "qwen:7b;rm"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither a tag of Ollama|has no letter or digit"):
        checked_model(text)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}(:[A-Za-z0-9_.-]{1,10})?", fullmatch=True))
def test_dagster_takes_whatever_a_tag_may_be(tag: str) -> None:
    dg.StaticPartitionsDefinition([partition_key(checked_model(tag))])
