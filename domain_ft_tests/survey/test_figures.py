"""What rows come to: repeats are averaged per question, concepts are the evidence, failures count."""

import dataclasses
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.requirements.shape import CATEGORIES
from domain_ft.survey.answers import extraction_of, newest_score, scored_rows
from domain_ft.survey.baselines import CONSTANT, COPIED, GOLD, baseline_rows, generic_answer
from domain_ft.survey.figures import answering_figures, family_clusters, per_question, score_figures
from domain_ft.survey.questions import Questions, questions_of_file
from domain_ft.survey.settings import SurveySettings
from domain_ft_tests.requirement_files.test_ask import concepts as concepts_file
from domain_ft_tests.survey.conftest import RECORDS

SCORE = ScoreSettings()


def row(score: float, **others: Any) -> dict[str, Any]:
    figures = {"score": score, "legacy_score": score, "valid": True, "mode": "raw", "done_reason": "stop"}
    return {**figures, "components": dict.fromkeys(_COMPONENTS, score), "seconds": 1.0, **others}


_COMPONENTS = ScoreSettings().weights.model_dump()


@pytest.fixture
def questions(tmp_path: Path) -> Questions:
    file = tmp_path / "records.jsonl"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in RECORDS))
    return questions_of_file(file, SurveySettings(limit=12))


@given(st.integers(1, 5), st.integers(1, 4), st.data())
def test_repeats_are_averaged_before_anything_else(n: int, repeats: int, data: Any) -> None:
    scores = data.draw(st.lists(st.floats(0, 1), min_size=n * repeats, max_size=n * repeats))
    found = per_question([row(score) for score in scores], repeats)
    for number in range(n):
        assert found[number] == pytest.approx(np.mean(scores[number::n]))


def test_two_questions_about_one_family_are_one_piece_of_evidence(questions: Questions) -> None:
    first, second = (replace(each, kin=replace(each.kin, family=None)) for each in questions.asked[:2])
    assert family_clusters([first, second, first]).tolist()[::2] == [family_clusters([first, second, first])[0]] * 2
    found = score_figures([row(0.5), row(0.7), row(0.9)], [first, second, first], 0.95)
    assert (found["score"]["n"], found["score"]["clusters"]) == (3, 2)
    kindred = [replace(each, kin=replace(each.kin, family="desk")) for each in (first, second)]
    assert len(set(family_clusters(kindred).tolist())) == 1


def test_the_interval_is_as_wide_as_its_level_asks_for(questions: Questions) -> None:
    rows = [row(number / 12) for number in range(12)]
    wide, narrow = (score_figures(rows, questions.asked, level)["score"] for level in (0.99, 0.8))
    assert wide["low"] < narrow["low"] < wide["mean"] < narrow["high"] < wide["high"]


def test_what_did_not_come_was_waited_for_all_the_same() -> None:
    came = {"tokens_out": 100, "answer_seconds": 2.0, "memory_bytes": 5}
    rows = [
        row(1, **came),
        row(1, **came),
        {"failed": "too slow", "seconds": 9.0},
        {"failed": "too slow", "seconds": 9.0},
    ]
    found = answering_figures([*rows, {"failed": "broken", "seconds": 9.0}])
    assert (found["seconds"], found["failures"], found["answers"]) == (9.0, 3, 5)
    assert found["failure_reasons"] == {"too slow": 2, "broken": 1}
    assert found["done_reasons"] == {"stop": 2}
    assert (found["tokens_per_second"], found["memory_bytes"]) == (50.0, 5)


def test_where_nothing_is_known_of_speed_and_memory_nothing_is_said() -> None:
    found = answering_figures([{"failed": "broken", "seconds": 0.1}])
    assert (found["tokens_per_second"], found["memory_bytes"], found["tokens_out"]) == (None, None, None)


def test_a_cut_off_answer_is_not_valid_though_it_parses() -> None:
    answer = {"answer": "title: Returns desk", "seconds": 1.0}
    rows = [("c", {**answer, "done_reason": "length"}), ("c", {**answer, "done_reason": "stop"})]
    assert [(each["parses"], each["valid"]) for each in scored_rows(rows, ["c"], SCORE)] == [
        (True, False),
        (True, True),
    ]


def test_gold_is_the_ceiling_and_what_takes_no_model_lies_below(questions: Questions) -> None:
    found = {arm: np.mean([each["score"] for each in rows]) for arm, rows in baseline_rows(questions, SCORE).items()}
    assert found[GOLD] == pytest.approx(1)
    assert found[CONSTANT] < found[COPIED] < found[GOLD]


def test_the_generic_answer_is_well_formed_and_original_to_nobody(questions: Questions) -> None:
    rows = baseline_rows(questions, SCORE)[CONSTANT]
    assert all(each["components"][name] == 1 for each in rows for name in ("schema_complete", "ids", "counts"))
    assert {each["components"]["originality"] for each in rows} == {0}
    assert all(len((generic_answer().found or {})[category.field]) == 2 for category in CATEGORIES)


def test_an_answer_is_never_copied_within_a_family(questions: Questions) -> None:
    first = questions.asked[0]
    family = tuple(each for each in questions.known if each.kin.family == first.kin.family)
    alone = dataclasses.replace(questions, asked=(first,), known=family)
    assert COPIED not in baseline_rows(alone, SCORE)
    assert COPIED in baseline_rows(dataclasses.replace(questions, asked=(first,)), SCORE)


def test_concepts_without_requirements_have_no_ceiling_and_nothing_to_copy(tmp_path: Path) -> None:
    found = questions_of_file(concepts_file(tmp_path, "a", "b"), SurveySettings())
    assert set(baseline_rows(found, SCORE)) == {CONSTANT}


def test_the_newest_answer_alone_has_the_score_that_it_has_beside_all_others() -> None:
    asked = [(record["concept"], {"answer": json.dumps(record["requirements"])}) for record in RECORDS[:5]]
    concepts = [record["concept"] for record in RECORDS]
    newest = newest_score([(concept, extraction_of(row)) for concept, row in asked], concepts, SCORE)
    assert newest == scored_rows(asked, concepts, SCORE)[-1]["score"]
