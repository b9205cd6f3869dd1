"""What the starter reads holds nothing that adapters are judged by: not their form, and no concept's product."""

import re
from itertools import islice

import pytest
import yaml

from domain_ft.requirements.extract import extract
from domain_ft.requirements.grammar import load_grammar
from domain_ft.requirements.shape import CATEGORIES
from domain_ft.starter_lm.blocks import encoded
from domain_ft.starter_lm.documents import Document, documents
from domain_ft.starter_lm.folder import starter_tokenizer
from domain_ft.starter_lm.phrases import load_phrases
from domain_ft.starter_lm.recipe import recipe_of

FIELDS = "|".join(("title", "description", "id", "priority", *(each.field for each in CATEGORIES)))
TRAINED_FORM = re.compile(rf"^\s*(?:- )?(?:{FIELDS}):|\b(?:FR|NFR|C)[0-9]{{3}}\b", re.MULTILINE)


@pytest.fixture(scope="module")
def read() -> list[Document]:
    return list(islice(documents(42, 0.2), 3000))


def texts(found: list[Document]) -> list[str]:
    return [text for each in found for text in ([m.content for m in each.messages] or [each.text])]


def test_the_same_seed_tells_the_same() -> None:
    assert list(islice(documents(7, 0.3), 50)) == list(islice(documents(7, 0.3), 50))
    assert list(islice(documents(7, 0.3), 50)) != list(islice(documents(8, 0.3), 50))


def test_nothing_is_in_the_trained_form(read: list[Document]) -> None:
    assert [text for text in texts(read) if TRAINED_FORM.search(text)] == []
    assert {extract(text).mode for text in texts(read)} == {"none"}


def test_no_product_of_the_grammar_is_named(read: list[Document]) -> None:
    grammar = load_grammar()
    subjects = "|".join(subject for words in grammar.domains.values() for subject in words.subjects)
    named = re.compile(rf"\b(?:{subjects}) (?:{'|'.join(grammar.kinds)})\b")
    assert [text for text in texts(read) if named.search(text)] == []


def test_yaml_is_yaml(read: list[Document]) -> None:
    answers = [each.messages[-1].content for each in read if each.messages]
    written = [answer for answer in answers if re.match(r"(?:product|name|about): ", answer)]
    assert len(written) > 100
    for answer in written[:100]:
        assert len(yaml.safe_load(answer)) >= 4


def test_an_answer_names_the_product_of_the_question(read: list[Document]) -> None:
    for each in read:
        if each.messages and (said := re.match(r"(?:product|name|about): (.*)", each.messages[-1].content)):
            assert said[1] in each.messages[-2].content


def test_no_word_that_adapters_learn_is_made_of_tokens_that_were_never_read() -> None:
    tokenizer = starter_tokenizer(recipe_of("xs"))
    found = islice(encoded(tokenizer, documents(1042, 0.3)), 1000)
    learned = {token for tokens, learns in found for token, use in zip(tokens, learns, strict=True) if use}
    keys = "\n".join(("title", "description", "id", "priority", *(each.field for each in CATEGORIES)))
    never = {token for token in tokenizer.encode(keys).ids if token not in learned}
    assert {tokenizer.id_to_token(token) for token in never} == set()


def test_a_name_is_the_same_tokens_where_a_line_begins_and_behind_a_space() -> None:
    tokenizer = starter_tokenizer(recipe_of("xs"))
    subjects = [subject for words in load_grammar().domains.values() for subject in words.subjects]
    begins = [tokenizer.encode(subject).tokens for subject in subjects]
    within = [tokenizer.encode(f" {subject}").tokens for subject in subjects]
    assert begins == [[tokens[0].removeprefix("Ġ"), *tokens[1:]] for tokens in within]


def test_words_are_said_again_joined_as_asked() -> None:
    joints = load_phrases().joints
    asked = [each.messages for each in islice(documents(3, 1.0), 300)]
    joined = [(name, turns[-1].content) for turns in asked for name in joints if f"with {name} " in turns[-2].content]
    assert {name for name, _ in joined} == set(joints)
    assert all(joints[name] in answer for name, answer in joined)


def test_drills_are_as_many_as_asked_for() -> None:
    def repeated(drills: float) -> int:
        found = islice(documents(1, drills), 400)
        return sum(bool(d.messages) and d.messages[-1].content in d.messages[-2].content for d in found)

    assert repeated(0.0) < repeated(0.5) < repeated(1.0)
