"""The requirements are found wherever an answer puts them, and the way is told."""

import json

import pytest
import yaml

from domain_ft.requirements.extract import extract
from domain_ft_tests.requirements.records import sound

FIELDS = sound()["requirements"]
YAML = yaml.safe_dump(FIELDS, sort_keys=False)
OTHER = "```python\nprint('title: no')\n```\n"


@pytest.mark.parametrize(
    ("answer", "mode"),
    [
        (YAML, "raw"),
        (f"---\n{YAML}", "raw"),
        (f"\n\n{YAML}\n\n", "raw"),
        (json.dumps(FIELDS), "raw"),
        (yaml.safe_dump({"requirements": FIELDS}, sort_keys=False), "raw"),
        (f"```yaml\n{YAML}```", "fenced"),
        (f"```\n{YAML}\n```\nI hope that helps.", "fenced"),
        (f"Here you are:\n\n~~~yml\n{YAML}~~~\n", "fenced"),
        (f"Here you are:\n```yaml\n{YAML}", "fenced"),
        (f"{OTHER}```json\n{json.dumps(FIELDS, indent=1)}\n```\n{OTHER}", "fenced"),
        (f"Of course. This is what I would ask for:\n\n{YAML}", "after_prose"),
        (f"Of course:\n{YAML}\nI hope that helps: tell me.", "after_prose"),
        (f"Sure! {{braces}} aside:\n{json.dumps(FIELDS)}", "after_prose"),
    ],
)
def test_requirements_are_found_and_the_way_is_told(answer: str, mode: str) -> None:
    found = extract(answer)
    assert found.found == FIELDS
    assert found.mode == mode


@pytest.mark.parametrize(
    "answer", ["", " \n", "I cannot do that.", "- a\n- b", "5", OTHER, "[" * 500, "no: yes", "x" * 300_000]
)
def test_an_answer_without_requirements_holds_none(answer: str) -> None:
    found = extract(answer)
    assert (found.mode, found.found) == ("none", None)
    assert found.why


@pytest.mark.parametrize(
    "answer", [YAML[:-40] + '\n  - "', f"```yaml\n{YAML}  - [\n```", "title: a\ndescription: b: c\n"]
)
def test_an_answer_that_is_cut_off_does_not_parse(answer: str) -> None:
    found = extract(answer)
    assert found.found is None
    assert found.mode != "none"
    assert "not valid YAML" in found.why


def test_of_three_blocks_the_first_with_a_field_counts() -> None:
    answer = f"{OTHER}```yaml\ntitle: First\n```\n```yaml\ntitle: Second\n```\n"
    assert extract(answer).found == {"title": "First"}


def test_words_that_yaml_takes_for_something_else_stay_text() -> None:
    assert extract("title: no\ndescription: 010\n").found == {"title": "no", "description": "010"}
