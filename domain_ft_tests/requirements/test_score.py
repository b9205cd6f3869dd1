"""A gold answer reaches the ceiling; what is wrong with an answer costs it the component that it concerns."""

import functools
import json
from dataclasses import asdict
from typing import Any

import pytest
import yaml

from domain_ft.requirements.concepts import choose_concepts
from domain_ft.requirements.extract import extract
from domain_ft.requirements.grammar import load_grammar
from domain_ft.requirements.reference import Reference, content_words, reference_of
from domain_ft.requirements.score import Score, score_extraction, sentences_of
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.requirements.synthesis import concept_row, requirements_of
from domain_ft_tests.landed_requirements import made

CATEGORIES = ("functional_requirements", "non_functional_requirements", "constraints")


@functools.cache
def gold() -> list[tuple[str, dict[str, Any]]]:
    grammar = load_grammar()
    return [
        (concept_row(grammar, concept)["concept"], requirements_of(grammar, concept))
        for concept in choose_concepts(grammar, 400, 5)
    ]


@functools.cache
def reference() -> Reference:
    return reference_of((concept, sentences_of(found)) for concept, found in gold())


def scored(answer: str, concept: str, beside: Reference | None = None) -> Score:
    return score_extraction(extract(answer), concept, beside or reference())


def as_yaml(found: dict[str, Any]) -> str:
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True)


def changed(**parts: Any) -> dict[str, Any]:
    return {**gold()[0][1], **parts}


def test_every_gold_answer_scores_one() -> None:
    assert {round(scored(json.dumps(found), concept).value, 12) for concept, found in gold()} == {1.0}


def test_a_gold_answer_rendered_as_yaml_scores_one() -> None:
    concept, found = gold()[0]
    assert scored(as_yaml(found), concept).value == pytest.approx(1.0)


def test_a_fence_changes_nothing_but_the_mode() -> None:
    concept, found = gold()[0]
    plain, fenced = scored(as_yaml(found), concept), scored(f"Here:\n```yaml\n{as_yaml(found)}```", concept)
    assert (fenced.value, fenced.components) == (plain.value, plain.components)
    assert (plain.mode, fenced.mode) == ("raw", "fenced")


def test_an_answer_for_another_concept_scores_clearly_lower() -> None:
    families = {concept.split(" for ")[0]: (concept, found) for concept, found in gold()}
    pairs = list(families.values())
    others = [scored(json.dumps(pairs[n - 1][1]), concept).value for n, (concept, _) in enumerate(pairs)]
    assert sum(others) / len(others) < 0.85


def test_an_answer_for_the_most_alike_concept_of_another_family_scores_clearly_lower() -> None:
    def shared(one: dict[str, Any], other: dict[str, Any]) -> int:
        return len(content_words(one["concept"]) & content_words(other["concept"]))

    records = made(120)
    beside = reference_of((each["concept"], sentences_of(each["requirements"])) for each in records)
    copied = []
    for record in records:
        others = [other for other in records if other["family"] != record["family"]]
        most_alike = max(others, key=functools.partial(shared, record))
        copied.append(scored(json.dumps(most_alike["requirements"]), record["concept"], beside).value)
    assert sum(copied) / len(copied) < 0.85


def test_a_constant_answer_scores_clearly_lower() -> None:
    constant = gold()[0][1]
    beside = reference_of((concept, sentences_of(constant)) for concept, _ in gold())
    others = [scored(json.dumps(constant), concept, beside).value for concept, _ in gold()[1:]]
    assert sum(others) / len(others) < 0.7


def test_a_template_with_the_concept_copied_into_it_scores_clearly_lower() -> None:
    def template(concept: str) -> dict[str, Any]:
        return {**gold()[0][1], "title": concept[:60], "description": concept}

    beside = reference_of((concept, sentences_of(template(concept))) for concept, _ in gold())
    others = [scored(json.dumps(template(concept)), concept, beside).value for concept, _ in gold()[1:]]
    assert sum(others) / len(others) < 0.85


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("Plataforma de recetas para hospitales", "El sistema guarda cada receta {} durante diez años"),
        ("病院のための処方箋プラットフォーム", "システムは処方箋を毎晩 {} 回 すべて 保存 します"),
        ("منصة الوصفات للمستشفيات", "يحفظ النظام كل وصفة {} مدة عشر سنوات"),
    ],
)
def test_an_answer_in_another_language_scores_clearly_lower(title: str, sentence: str) -> None:
    concept, found = gold()[0]
    lists = {
        name: [{**each, "description": sentence.format(f"{name[0]}{n}")} for n, each in enumerate(value)]
        for name, value in found.items()
        if isinstance(value, list)
    }
    answer = scored(as_yaml({"title": title, "description": title * 4, **lists}), concept)
    assert (answer.components.parses, answer.components.ids, answer.components.grounding) == (1.0, 1.0, 0.0)
    assert answer.value < 0.8


@pytest.mark.parametrize("answer", ["", "I cannot do that.", "title: a\ndescription: b: c\n"])
def test_an_answer_that_cannot_be_used_scores_nearly_nothing(answer: str) -> None:
    found = scored(answer, gold()[0][0])
    assert found.value <= 0.05
    assert found.why


@pytest.mark.parametrize(
    ("component", "parts"),
    [
        ("schema_complete", {"description": None}),
        ("counts", {"constraints": gold()[0][1]["constraints"][:1]}),
        (
            "ids",
            {"constraints": [{**each, "id": each["id"].replace("00", "0")} for each in gold()[0][1]["constraints"]]},
        ),
        ("ids", {"constraints": gold()[0][1]["constraints"][::-1]}),
        ("priorities", {"constraints": [{**each, "priority": "P1"} for each in gold()[0][1]["constraints"]]}),
        ("descriptions", {"title": "Short"}),
        (
            "descriptions",
            {"constraints": [{**each, "description": "Same as that"} for each in gold()[0][1]["constraints"]]},
        ),
        ("grounding", {"title": "A sensible product for people"}),
    ],
)
def test_each_fault_costs_its_component(component: str, parts: dict[str, Any]) -> None:
    concept = gold()[0][0]
    whole, faulty = (asdict(scored(json.dumps(found), concept).components) for found in (changed(), changed(**parts)))
    assert faulty[component] < whole[component] == 1.0


def test_boilerplate_costs_originality() -> None:
    shared = [{"id": f"C00{n}", "description": f"Follow the house rules, part {n}", "priority": "Low"} for n in (1, 2)]
    answers = [(concept, {**found, "constraints": shared}) for concept, found in gold()]
    beside = reference_of((concept, sentences_of(found)) for concept, found in answers)
    found = scored(json.dumps(answers[0][1]), answers[0][0], beside)
    assert found.components.originality < 1.0


def test_concepts_without_an_answer_make_words_common_and_no_sentence_rare() -> None:
    constant, few = gold()[0][1], [concept for concept, _ in gold()[:5]]
    answers = [(concept, list(sentences_of(constant))) for concept in few]
    alone, beside = reference_of(answers), reference_of(answers, beside=[concept for concept, _ in gold()])
    assert (beside.concepts, beside.answered) == (len({concept for concept, _ in gold()}), 5)
    assert all(beside.is_boilerplate(each, 0.05) for each in sentences_of(constant))
    assert alone.weight("nowhere") < beside.weight("nowhere")


def test_a_weight_of_nothing_leaves_a_component_out() -> None:
    concept, found = gold()[0]
    faulty = extract(json.dumps({**found, "title": "Short"}))
    kept = ScoreSettings.model_validate({"weights": {"descriptions": 0, "grounding": 0}})
    assert score_extraction(faulty, concept, reference(), kept).value == pytest.approx(1.0)


def test_weights_that_weigh_nothing_are_refused() -> None:
    nothing = dict.fromkeys(ScoreSettings().weights.model_dump(), 0)
    with pytest.raises(ValueError, match="at least one component must weigh something"):
        ScoreSettings.model_validate({"weights": nothing})
