"""Every setting of a search takes effect."""

from typing import Any

import pytest

from domain_ft.llm.protocol import GenerationOptions
from domain_ft.prompt_search.settings import PromptSearchSettings, ProposalOptions
from domain_ft_tests.prompt_search.conftest import Searched, trials_of
from domain_ft_tests.prompt_search.scripted import shown_an_example, told_anything, told_carefully


def examples_by_model(trials: list[dict[str, Any]]) -> list[int]:
    return [sum(each["by_model"] for each in trial["examples"]) for trial in trials]


@pytest.mark.parametrize("candidates", [2, 5])
def test_so_many_instructions_are_proposed(searched: Searched, candidates: int) -> None:
    model = searched.model(told_carefully)
    searched.search(model, candidates=candidates, trials=1)
    assert model.instructions == candidates


@pytest.mark.parametrize("trials", [1, 3])
def test_so_many_trials_follow_the_default_prompt(searched: Searched, trials: int) -> None:
    assert len(trials_of(searched.search(searched.model(told_carefully), trials=trials))) == trials + 1


@pytest.mark.parametrize(("own", "labeled"), [(0, 2), (1, 0), (2, 3)])
def test_a_prompt_has_so_many_examples_of_each_kind(searched: Searched, own: int, labeled: int) -> None:
    model = searched.model(told_anything)
    trials = trials_of(searched.search(model, max_bootstrapped_demos=own, max_labeled_demos=labeled, candidates=5))
    assert max(examples_by_model(trials)) == own
    assert max(len(trial["examples"]) for trial in trials) == max(own, labeled)


def test_without_examples_the_instruction_alone_is_searched_for(searched: Searched) -> None:
    found = searched.search(searched.model(told_carefully), max_bootstrapped_demos=0, max_labeled_demos=0)
    assert all(not trial["examples"] for trial in trials_of(found))
    assert found.manifest["beats_default"]


@pytest.mark.parametrize(("threshold", "shown"), [(0.01, True), (0.9, False)])
def test_an_answer_below_the_threshold_is_no_example(searched: Searched, threshold: float, shown: bool) -> None:
    model = searched.model(lambda messages: False)
    trials = trials_of(searched.search(model, demo_threshold=threshold))
    assert bool(max(examples_by_model(trials))) == shown


@pytest.mark.parametrize("part", ["train", "validation"])
def test_so_many_records_are_drawn(searched: Searched, part: str) -> None:
    found = searched.search(searched.model(told_carefully), trials=1, **{f"{part}_limit": 2})
    assert len(found.manifest["rows"][part]) == 2


def test_a_minibatch_scores_on_fewer_records_and_the_best_on_all(searched: Searched) -> None:
    found = searched.search(searched.model(told_carefully), minibatch_size=1, full_evaluation_every=2)
    trials = trials_of(found)
    assert {(trial["full"], trial["rows"]) for trial in trials} == {(True, 3), (False, 1)}
    assert found.manifest["best_score"] in [trial["score"] for trial in trials if trial["full"]]


def test_a_minibatch_of_all_records_is_none(searched: Searched) -> None:
    assert all(trial["full"] for trial in trials_of(searched.search(searched.model(told_carefully), minibatch_size=9)))


def test_the_best_is_scored_on_all_records_as_often_as_asked(searched: Searched) -> None:
    often, seldom = (
        sum(trial["full"] for trial in trials_of(searched.search(searched.model(shown_an_example), **each)))
        for each in (
            {"minibatch_size": 1, "full_evaluation_every": 1},
            {"minibatch_size": 1, "full_evaluation_every": 6},
        )
    )
    assert often > seldom


def test_another_seed_draws_other_records_and_trials(searched: Searched) -> None:
    one, other = (searched.search(searched.model(told_carefully), seed=seed) for seed in (1, 2))
    assert one.manifest["rows"] != other.manifest["rows"]
    assert [each["prompt"] for each in trials_of(one)] != [each["prompt"] for each in trials_of(other)]


def test_answers_and_proposals_are_generated_as_asked(searched: Searched) -> None:
    model = searched.model(told_carefully)
    options = GenerationOptions(num_predict=77, num_ctx=999, stop=("END",), seed=3)
    proposal = ProposalOptions(num_predict=55, temperature=0.5, seed=100)
    searched.search(model, options=options, proposal=proposal)
    assert {each for _, each in model.questions} == {options}
    asked = [each for _, each in model.proposals]
    assert asked == [proposal.model_copy(update={"seed": 100 + number}) for number in range(len(asked))]


def test_one_option_of_proposals_leaves_the_others_as_they_are() -> None:
    told = PromptSearchSettings.model_validate({"proposal": {"num_predict": 100}}).proposal
    assert told == ProposalOptions().model_copy(update={"num_predict": 100})
