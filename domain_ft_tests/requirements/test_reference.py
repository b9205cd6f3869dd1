"""What a set of answers says about one of them: which words are rare, which sentences answer everything."""

import pytest

from domain_ft.requirements.reference import content_words, reference_of


def test_words_that_mean_nothing_and_plurals_are_told_apart_from_the_others() -> None:
    assert content_words("The tills of an old shop") == {"till", "old", "shop"}


def test_a_word_says_the_more_the_fewer_concepts_it_stands_in() -> None:
    reference = reference_of((f"till of shop {name}", []) for name in ("anna", "berta", "carla"))
    assert reference.weight("nowhere") > reference.weight("anna") > reference.weight("till") > 0


def test_concepts_that_differ_in_case_and_space_count_once() -> None:
    reference = reference_of([("A till", []), ("a  TILL", [])], beside=["a till", "A desk"])
    assert (reference.concepts, reference.answered, reference.holders["till"]) == (2, 1, 1)


@pytest.mark.parametrize(("used", "answered", "boilerplate"), [(2, 3, False), (3, 3, True), (3, 100, False)])
def test_a_sentence_is_boilerplate_where_many_concepts_have_it(used: int, answered: int, boilerplate: bool) -> None:
    answers = [(f"concept {number}", ["It is fast."] if number < used else []) for number in range(answered)]
    assert reference_of(answers).is_boilerplate("it is  fast.", 0.1) is boilerplate


def test_a_sentence_that_one_concept_has_twice_has_one_user() -> None:
    assert reference_of([("a till", ["It is fast.", "it is fast."])]).users == {"it is fast.": 1}
