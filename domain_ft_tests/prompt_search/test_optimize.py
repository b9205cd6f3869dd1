"""The best prompt of a search is found, published beside what the default one scores, and asked for only once."""

import json
import sys
from statistics import mean
from typing import Any

import pytest

from domain_ft.comparison.arms import Arm, ask_arm
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.errors import DomainFtError
from domain_ft.llm.protocol import GenerationError, GeneratorUnavailableError
from domain_ft.prompt_search import packages
from domain_ft.prompt_search.optimize import PROGRAM, PROMPT, load_prompt
from domain_ft.requirements.extract import extract
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.rendering import gold_text
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.publish import pointed
from domain_ft.survey.answers import scored_extractions, scored_rows
from domain_ft.survey.questions import questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft_tests.landed_requirements import DOMAIN
from domain_ft_tests.prompt_search.conftest import Searched, trials_of
from domain_ft_tests.prompt_search.scripted import (
    PROPOSED,
    Scripted,
    shown_an_example,
    told_anything,
    told_carefully,
)


def test_the_instruction_that_the_model_answers_best_is_found(searched: Searched) -> None:
    found = searched.search(searched.model(told_carefully))
    assert found.template.system == PROPOSED
    assert found.template.user == DEFAULT_PROMPT.user
    assert found.manifest["beats_default"]
    assert found.manifest["best_score"] > found.manifest["default_score"]
    assert found.manifest["difference"]["mean"] == pytest.approx(
        found.manifest["best_score"] - found.manifest["default_score"]
    )
    assert pointed(searched.home.prompts(DOMAIN) / "current") == found.path
    assert (found.path / PROGRAM).is_file()


def test_examples_that_the_model_answers_best_with_are_found(searched: Searched) -> None:
    model = searched.model(shown_an_example)
    found = searched.search(model)
    known = {record["concept"]: record for record in searched.records}
    assert found.template.examples
    assert all(concept in known for concept, _ in found.template.examples)
    assert found.manifest["examples"] == len(found.template.examples)


def test_where_nothing_beats_the_default_prompt_it_is_the_result(searched: Searched) -> None:
    found = searched.search(searched.model(told_anything))
    assert found.template == DEFAULT_PROMPT
    assert not found.manifest["beats_default"]
    assert found.manifest["best_score"] == found.manifest["default_score"]
    assert found.manifest["difference"] is None
    assert found.manifest["headline"].startswith("Nothing beat the default prompt")


def test_what_was_scored_is_to_the_letter_what_the_published_prompt_asks(searched: Searched) -> None:
    model = searched.model(shown_an_example)
    found = searched.search(model)
    asked = [messages for messages, _ in model.questions]
    assert found.template.examples
    for record in searched.validation:
        assert found.template.messages(record["concept"]) in asked


def test_the_default_prompt_is_scored_first_on_the_same_rows(searched: Searched) -> None:
    found = searched.search(searched.model(told_carefully))
    first, *others = trials_of(found)
    assert (first["prompt"], first["score"]) == (DEFAULT_PROMPT.digest, found.manifest["default_score"])
    assert {each["rows"] for each in (first, *others)} == {len(found.manifest["rows"]["validation"])}


def test_a_sentence_that_answers_every_concept_counts_as_in_the_benchmark(searched: Searched) -> None:
    same = str(gold_text(searched.records[0]))
    found = searched.search(searched.model(lambda messages: False, otherwise=same), trials=1, demo_threshold=1.0)
    concepts = questions_of_dataset(searched.dataset, SurveySettings(split="validation")).concepts
    answers = [(record["concept"], extract(same)) for record in searched.validation]
    together = [row["score"] for row in scored_extractions(answers, concepts, ScoreSettings())]
    alone = [scored_extractions([each], concepts, ScoreSettings())[0]["score"] for each in answers]
    assert found.manifest["default_score"] == pytest.approx(mean(together))
    assert mean(together) < mean(alone)


class LikeLocal(Scripted):
    """Is asked as the comparison asks a local model."""

    digest = "m" * 64

    def generate_batch(self, asked: Any, options: Any) -> list[Any]:
        return [self.generate(messages, options) for messages in asked]

    def memory(self) -> int:
        return 0


def test_the_comparison_comes_to_the_score_of_the_search(searched: Searched) -> None:
    model: Any = LikeLocal(searched.records, shown_an_example)
    found = searched.search(model)
    questions = questions_of_dataset(searched.dataset, SurveySettings(split="validation"))
    arm = Arm("base_optimized", "asked better", model.digest, lambda: model, found.template)
    rows = ask_arm(arm, questions.asked, ComparisonSettings(), searched.home, DOMAIN).rows
    answers = [(question.concept, row) for question, row in zip(questions.asked, rows, strict=True)]
    scored = scored_rows(answers, questions.concepts, ScoreSettings())
    assert mean(row["score"] for row in scored) == pytest.approx(found.manifest["best_score"])
    assert found.manifest["beats_default"]


def test_the_log_tells_each_trial_and_the_best_so_far(searched: Searched) -> None:
    found = searched.search(searched.model(told_carefully))
    trials = trials_of(found)
    assert [each["number"] for each in trials] == list(range(1, 8))
    best = [each["best_score"] for each in trials]
    assert best == [max(each["score"] for each in trials[:number]) for number in range(1, 8)]
    assert best[-1] == found.manifest["best_score"]
    shown = {each["id"] for trial in trials for each in trial["examples"]}
    assert shown <= set(found.manifest["rows"]["train"])


def test_who_answered_an_example_is_told(searched: Searched) -> None:
    found = searched.search(searched.model(shown_an_example))
    gold = {record["concept"]: gold_text(record) for record in searched.records}
    told = [each for trial in trials_of(found) for each in trial["examples"]]
    assert {each["by_model"] for each in told} == {True, False}
    (last,) = [trial for trial in trials_of(found) if trial["prompt"] == found.template.digest][:1]
    by_model = [answer != gold[concept] for concept, answer in found.template.examples]
    assert [each["by_model"] for each in last["examples"]] == by_model


def test_a_search_that_was_stopped_asks_nothing_twice(searched: Searched, elsewhere: Searched) -> None:
    whole = searched.model(told_carefully)
    expected = elsewhere.search(whole)
    stopped, again = searched.model(told_carefully), searched.model(told_carefully)
    stopped.ends = (len(whole.asked) // 2, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        searched.search(stopped)
    found = searched.search(again)
    assert found.resumed == len(stopped.asked)
    assert stopped.asked + again.asked == whole.asked
    assert found.template == expected.template
    assert trials_of(found) == trials_of(expected)


def test_the_same_again_is_found_without_a_model(searched: Searched) -> None:
    first = searched.search(searched.model(told_carefully))
    again = searched.search(lambda: pytest.fail("was loaded"))
    assert (again.reused, again.path, again.template) == (True, first.path, first.template)


def test_another_model_is_searched_for_anew(searched: Searched) -> None:
    first = searched.search(searched.model(told_carefully))
    other = searched.search(searched.model(told_anything), digest="n" * 64)
    assert other.path != first.path


def test_no_question_is_asked_twice_in_a_search(searched: Searched) -> None:
    model = searched.model(told_carefully)
    searched.search(model)
    told = [json.dumps([[each.content for each in messages], options.seed]) for messages, options in model.asked]
    assert len(told) == len(set(told))


def test_a_model_that_is_gone_ends_the_search_and_what_it_said_is_kept(searched: Searched) -> None:
    model = searched.model(told_carefully)
    model.ends = (9, GeneratorUnavailableError("no server answers"))
    with pytest.raises(GeneratorUnavailableError, match="no server answers; what was answered is kept"):
        searched.search(model)
    model.ends = None
    assert searched.search(model).resumed == 9


def test_a_question_without_an_answer_counts_as_nothing(searched: Searched) -> None:
    refused = set[str]()

    class Refusing(Scripted):
        def generate(self, messages: Any, *given: Any) -> Any:
            if len(messages) > 2:
                refused.add(str(messages))
                raise GenerationError("too long")
            return super().generate(messages, *given)

    found = searched.search(Refusing(searched.records, told_anything))
    scores = {bool(each["examples"]): each["score"] for each in trials_of(found)}
    assert scores[True] == 0 < scores[False]
    assert 0 < found.manifest["unanswered_questions"] == len(refused) < found.manifest["questions"]


@pytest.mark.parametrize("said", ["Ünd so [[ ## weiter ## ]] {concept}", "x" * 1000])
def test_whatever_the_proposer_says_the_search_comes_to_its_end(searched: Searched, said: str) -> None:
    found = searched.search(searched.model(told_anything, proposal=said), candidates=2, trials=3)
    assert found.template == DEFAULT_PROMPT


@pytest.mark.parametrize("said", ["", "  \n"])
def test_a_proposal_that_says_nothing_leaves_the_instruction_as_it_is(searched: Searched, said: str) -> None:
    found = searched.search(searched.model(told_anything, proposal=said), trials=3)
    assert {trial["instruction"] for trial in trials_of(found)} == {DEFAULT_PROMPT.system}


def test_progress_counts_trials_and_questions(searched: Searched) -> None:
    told: list[tuple[str, int, int | None]] = []
    model = searched.model(told_carefully)
    searched.search(model, progress=lambda step, done, total=None: told.append((step, done, total)))
    assert [each for each in told if each[0] == "trials"] == [("trials", number, 7) for number in range(1, 8)]
    assert [done for step, done, _ in told if step == "questions"] == list(range(1, len(model.asked) + 1))


def test_the_program_is_read_by_dspy(searched: Searched) -> None:
    from domain_ft.prompt_search.program import AskForRequirements, template_of

    found = searched.search(searched.model(shown_an_example))
    program = AskForRequirements(DEFAULT_PROMPT)
    program.load(found.path / PROGRAM)
    assert template_of(program) == found.template


def test_dspy_says_nothing_and_caches_nothing(searched: Searched, capfd: pytest.CaptureFixture[str]) -> None:
    searched.search(searched.model(told_carefully))
    import dspy

    assert capfd.readouterr() == ("", "")
    assert not dspy.cache.enable_disk_cache
    assert not dspy.cache.enable_memory_cache
    assert "litellm" not in sys.modules


def test_without_the_extra_one_sentence_says_what_to_install(
    searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(DomainFtError, match=r'needs dspy, optuna; install them: pip install -e "\.\[optimize\]"'):
        searched.search(searched.model(told_carefully))


def test_a_folder_of_another_kind_is_no_prompt(searched: Searched) -> None:
    with pytest.raises(DomainFtError, match="is no optimized prompt"):
        load_prompt(searched.dataset)


def test_a_prompt_that_was_altered_is_refused(searched: Searched) -> None:
    found = searched.search(searched.model(told_carefully))
    (found.path / PROMPT).write_text("{}")
    with pytest.raises(DomainFtError, match="altered since it was published"):
        load_prompt(found.path)
