"""The audit as Markdown: all counts, some places, and nothing of the records that a reader's page would obey."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.audit_markdown import EXAMPLES, audit_markdown
from domain_ft.requirements.lines import Line
from domain_ft.requirements.settings import RequirementAuditSettings
from domain_ft_tests.requirements.records import items, sound

PAGE = MarkdownIt("commonmark", {"html": True}).enable("table")
HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>", "</td><img src=x onerror=alert(1)>", "![x](http://nowhere/p.png)", "```\n# Title",
        "[a](javascript:alert(1))", "| a | b |\n|---|---|", "``` ` `` x", "\n\n# Title\n\n- item", "&lt;b&gt; &#x41;",
        "\x1b[2J\u202e", "`", "\\`", "", " ", "http://nowhere.example", "<http://nowhere.example>", "*a* __b__ ~~c~~",
    ]
)  # fmt: skip


def audited(*records: Any, **changes: Any) -> AuditReport:
    audit = Audit(RequirementAuditSettings(near_duplicate=None, **changes))
    for number, record in enumerate(records, 1):
        line = Line(number, record, "") if isinstance(record, dict) else Line(number, None, record, "json_invalid")
        audit.add(line)
    return audit.report()


def kinds(text: str) -> set[str]:
    """The kinds of everything that a reader's page makes of a text."""
    tokens = PAGE.parse(text)
    return {each.type for token in tokens for each in (token, *(token.children or ()))}


OURS = kinds(audit_markdown(audited(sound(constraints=[{"id": "C1"}]))))


def test_all_counts_stand_in_one_table() -> None:
    text = audit_markdown(audited(sound(), sound(constraints=items("C", "One"))))
    assert text.startswith("## Nothing is wrong in 1 of 2 records\n")
    assert "| min requirements violations | 1 | 1 |" in text
    assert "| id format issues | 0 | 0 |" in text
    assert "| duplicate concepts | 1 | 1 |" in text


def test_a_place_says_id_line_path_value_and_why() -> None:
    text = audit_markdown(audited(sound(constraints=[{**each, "id": "C1"} for each in items("C", "One")])))
    assert "- ` BCON-0001 (line 1) requirements.constraints[0].id: 'C1' is none of C001 to C999 `" in text


def test_more_than_a_few_places_are_only_counted() -> None:
    text = audit_markdown(audited(*["{"] * 9, examples=100))
    assert f"**unreadable lines** ({EXAMPLES} of 9)" in text
    assert text.count("json_invalid") == EXAMPLES


def test_token_lengths_are_a_table() -> None:
    assert "| counted | median | p95 | longest |\n| --- | ---: | ---: | ---: |\n| 1 | " in audit_markdown(
        audited(sound())
    )
    assert "Tokens" not in audit_markdown(audited(sound(), token_sample=0))


@settings(max_examples=60)
@given(st.lists(HOSTILE, min_size=7, max_size=7))
def test_no_text_of_a_record_becomes_markup(texts: list[str]) -> None:
    name, concept, title, identifier, description, priority, line = texts
    item = {"id": identifier, "description": description, "priority": priority}
    record = {**sound(title=title, constraints=[item, item]), "concept_id": name, "concept": concept}
    text = audit_markdown(audited(record, record, {**record, "requirements": texts[0]}, line))
    assert kinds(text) <= OURS
    assert not any(letter < " " or "\x7f" <= letter < "\xa0" or letter == "\u202e" for letter in text if letter != "\n")


def test_the_length_is_bounded_whatever_the_records_say() -> None:
    def length(letters: int, records: int) -> int:
        long = "\u202e" * letters
        record = {**sound(title="", constraints=[{"id": long, "priority": long}] * records), "concept_id": long}
        return len(
            audit_markdown(audited(*[record] * records, *[long] * records, examples=50, mojibake=False, token_sample=0))
        )

    assert length(50_000, 20) - length(1_000, 10) < 100
