"""Concepts come once each and in a seeded order; their requirements depend on them, and are sound."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.requirements.concepts import Concept, choose_concepts, concept_of, count_concepts
from domain_ft.requirements.grammar import Grammar, load_grammar
from domain_ft.requirements.issues import issues_of
from domain_ft.requirements.synthesis import concept_row, requirements_of

GRAMMAR = load_grammar()


def row(concept: Concept) -> dict[str, Any]:
    return {**concept_row(GRAMMAR, concept), "requirements": requirements_of(GRAMMAR, concept)}


def added(folder: Path, text: str) -> Grammar:
    file = folder / "grammar.yaml"
    file.write_text(text, encoding="utf-8")
    return load_grammar(file)


@given(seed=st.integers(0, 2**32), count=st.integers(0, 60))
def test_no_concept_comes_twice(seed: int, count: int) -> None:
    chosen = list(choose_concepts(GRAMMAR, count, seed))
    assert len(chosen) == count == len({concept.id for concept in chosen})


@given(seed=st.integers(0, 2**32), count=st.integers(0, 30), more=st.integers(0, 30))
def test_more_concepts_begin_with_the_same_ones(seed: int, count: int, more: int) -> None:
    assert list(choose_concepts(GRAMMAR, count + more, seed))[:count] == list(choose_concepts(GRAMMAR, count, seed))


def test_another_seed_gives_other_concepts() -> None:
    assert list(choose_concepts(GRAMMAR, 20, 1)) != list(choose_concepts(GRAMMAR, 20, 2))


def test_all_concepts_are_different() -> None:
    total = count_concepts(GRAMMAR)
    assert len({concept.id for concept in choose_concepts(GRAMMAR, total, 0)}) == total > 100_000


def test_more_concepts_than_there_are_is_refused() -> None:
    with pytest.raises(InputError, match=r"--count 999,999,999: the grammar has 120,000 concepts"):
        next(choose_concepts(GRAMMAR, 999_999_999, 0))


@pytest.mark.parametrize("concept", choose_concepts(GRAMMAR, 40, 3), ids=lambda concept: concept.id)
def test_requirements_by_grammar_are_sound_and_the_same_again(concept: Concept) -> None:
    assert issues_of(row(concept)) == ()
    assert row(concept) == row(concept)


@pytest.mark.parametrize(
    "changes", [{"audience": "startups"}, {"region": "Japan"}, {"tier": "national"}, {"subject": "Ward Rota"}]
)
def test_each_part_of_a_concept_changes_what_is_asked_for(changes: dict[str, str]) -> None:
    choices = {
        "domain": "healthcare",
        "subject": "Blood Sample",
        "kind": "Desk",
        "audience": "cooperatives",
        "region": "Brazil",
        "tier": "small",
    }
    sentences = [
        {
            item["description"]
            for name in ("functional_requirements", "non_functional_requirements", "constraints")
            for item in requirements_of(GRAMMAR, Concept(**each))[name]
        }
        for each in (choices, {**choices, **changes})
    ]
    assert sentences[0] != sentences[1]


def test_a_row_says_that_it_was_made_up_and_by_what() -> None:
    (concept,) = choose_concepts(GRAMMAR, 1, 0)
    made = concept_row(GRAMMAR, concept)
    assert made["synthetic"] == {"by": "grammar", "grammar": GRAMMAR.digest}
    assert concept_of(made) == concept


def test_a_row_from_elsewhere_has_no_parts() -> None:
    assert concept_of({"concept_id": "BCON-0001", "concept": "Loan Platform", "domain": "fintech"}) is None


def test_a_file_adds_to_the_grammar(tmp_path: Path) -> None:
    extended = added(
        tmp_path, "domains:\n  toys:\n    roles: [makers]\n    subjects:\n      Toy Box: [toy | toys, lid | lids]\n"
    )
    assert count_concepts(extended) == count_concepts(GRAMMAR) * 51 // 50
    assert {"toys", "finance"} <= set(extended.domains)


def test_a_file_replaces_what_it_names(tmp_path: Path) -> None:
    assert added(tmp_path, "kinds: [Robot]\n").kinds == ["Robot"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: '{product} for {aliens}'\n", r"grammar\.yaml:1: title: unknown slots aliens"),
        ("kinds: [A]\ntitle: A thing\n", r"grammar\.yaml:2: title: must name the \{product\}"),
        ("functional:\n  any: ['Do {things}']\n", r"grammar\.yaml:2: functional\.any\.0: must name the \{product\}"),
        (
            "domains:\n  toys: {roles: [a], subjects: {Toy Box: [toy]}}\n",
            r"grammar\.yaml:2: .*the subject Toy Box needs two things",
        ),
        ("colour: red\n", r"grammar\.yaml:1: colour: extra inputs"),
        ("- a\n", "no grammar"),
    ],
)
def test_what_is_no_grammar_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        added(tmp_path, text)


def test_a_concept_of_another_grammar_is_refused() -> None:
    foreign = Concept("toys", "Toy Box", "Desk", "startups", "Japan", "small")
    with pytest.raises(InputError, match="the grammar has no 'toys'"):
        requirements_of(GRAMMAR, foreign)
