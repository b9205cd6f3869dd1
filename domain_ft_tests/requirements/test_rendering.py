"""What a model is to answer is read again as the very requirements that it was made from."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.requirements.extract import FIELDS, extract
from domain_ft.requirements.fix import Form, fix_record
from domain_ft.requirements.rendering import gold_text
from domain_ft_tests.requirements.records import items, sound

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


@given(title=TEXT, description=TEXT, said=TEXT)
def test_what_is_written_is_read_again(title: str, description: str, said: str) -> None:
    record = sound(title=title, description=description, constraints=items("C", said, "Follow consumer law"))
    found = extract(str(gold_text(record)))
    assert found.mode == "raw"
    assert found.found == record["requirements"]


@pytest.mark.parametrize("form", ["objects", "yaml"])
def test_the_form_in_which_a_record_keeps_its_lists_makes_no_difference(form: Form) -> None:
    assert gold_text(fix_record(sound(), form=form).record) == gold_text(sound())


def test_fields_stand_in_the_order_in_which_they_are_asked_for() -> None:
    backwards = {**sound(), "requirements": dict(reversed(sound()["requirements"].items()))}
    text = str(gold_text(backwards))
    assert [line.partition(":")[0] for line in text.splitlines() if line[0] not in "- "] == list(FIELDS)


@pytest.mark.parametrize("requirements", [None, "", "no YAML: [", {"title": "x", "constraints": "just text"}])
def test_a_record_without_readable_requirements_has_no_answer(requirements: Any) -> None:
    assert gold_text({"concept": "x", "requirements": requirements}) is None
