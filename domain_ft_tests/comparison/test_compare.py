"""A tuned adapter is compared with its base on the same questions, once, and goes on where it was stopped."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from domain_ft.adapter.quantization import parameters_in
from domain_ft.comparison import arms, compare, held_models, model_arms
from domain_ft.comparison.compare import ComparisonResult, compare_tuned
from domain_ft.comparison.model_arms import TunedModel
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.local import LocalGenerator
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.requirements.prompt import DEFAULT_PROMPT, PromptTemplate
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.publish import pointed, read_manifest
from domain_ft_tests.comparison.conftest import Trained
from domain_ft_tests.landed_requirements import DOMAIN

SHORT: dict[str, Any] = {"options": GenerationOptions(num_predict=16), "resamples": 200, "split": "validation"}


def compared(
    trained: Trained,
    champion: TunedModel | None = None,
    prompt: PromptTemplate | None = None,
    provenance: dict[str, str] | None = None,
    **changes: Any,
) -> ComparisonResult:
    settings = ComparisonSettings(**{**SHORT, **changes})
    return compare_tuned(
        settings,
        ScoreSettings(),
        trained.home,
        DOMAIN,
        trained.tuned,
        champion=champion,
        prompt=prompt,
        device="cpu",
        provenance=provenance,
    )


def test_base_and_tuned_are_asked_and_the_outcome_is_published(trained: Trained) -> None:
    found = compared(trained)
    assert [*found.content["arms"]] == ["base", "candidate", "constant", "copied", "gold"]
    assert found.content["decision"]["outcome"] in ("GO", "NO-GO", "INCONCLUSIVE")
    assert found.content["general"]["base"] > 1
    assert found.content["learned"]["n"] == found.content["n"]
    assert pointed(trained.home.benchmarks(DOMAIN) / "current") == found.path
    assert read_manifest(found.path)["outcome"] == found.content["decision"]["outcome"]
    assert found.content["headline"] in (found.path / "report.md").read_text().replace("\\", "")


def test_a_comparison_names_the_answers_that_it_was_made_from(trained: Trained) -> None:
    names = read_manifest(compared(trained).path)["answers"]
    arms_asked = [read_manifest(trained.home.answers(DOMAIN) / name)["arm"] for name in names]
    assert sorted(arms_asked) == ["base", "candidate", "candidate"]


def test_the_same_again_asks_nothing(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compared(trained)
    monkeypatch.setattr(model_arms, "load_generator", lambda *unused: pytest.fail("was loaded"))
    monkeypatch.setattr(model_arms, "load_tuned_generator", lambda *unused: pytest.fail("was loaded"))
    again = compared(trained)
    assert (again.reused, again.content) == (True, first.content)


def test_another_rule_takes_the_answers_that_there_are(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(trained)
    monkeypatch.setattr(LocalGenerator, "generate_batch", lambda *unused: pytest.fail("was asked"))
    found = compared(trained, minimum_effect=0.2)
    assert (found.reused, found.content["settings"]["minimum_effect"]) == (False, 0.2)


def test_a_comparison_that_was_stopped_goes_on(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    generate, asked = LocalGenerator.generate_batch, []

    def stopping(self: LocalGenerator, questions: Any, options: Any) -> Any:
        asked.append(len(questions))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return generate(self, questions, options)

    monkeypatch.setattr(LocalGenerator, "generate_batch", stopping)
    seed = GenerationOptions(num_predict=16, seed=7)
    with pytest.raises(KeyboardInterrupt):
        compared(trained, options=seed, batch_size=1)
    before = len(asked)
    found = compared(trained, options=seed, batch_size=1)
    assert len(asked) - before == 3 * found.content["n"] - 1


def test_the_same_model_in_use_is_no_arm_of_its_own(trained: Trained) -> None:
    assert "champion" not in compared(trained, champion=trained.tuned).content["arms"]


def test_another_model_in_use_is_who_must_be_beaten(trained: Trained) -> None:
    other = dataclasses.replace(trained.tuned, adapter=trained.world.fit(epochs=1, seed=7).path)
    found = compared(trained, champion=other)
    assert (found.content["reference"], [*found.content["arms"]][2]) == ("champion", "champion")
    assert found.content["models"]["champion"]["version"] == other.adapter.name


def rows_of(answers: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (answers / arms.ITEMS).read_text().splitlines()]


def test_each_repeat_is_drawn_anew(trained: Trained) -> None:
    drawn = GenerationOptions(num_predict=12, temperature=1.0)
    found = compared(trained, options=drawn, repeats=2)
    of_base = [each for each in trained.home.answers(DOMAIN).iterdir() if read_manifest(each)["arm"] == "base"]
    (answers,) = [each for each in of_base if len(rows_of(each)) > found.content["n"]]
    rows = rows_of(answers)
    n = found.content["n"]
    assert [row["repeat"] for row in rows] == [0] * n + [1] * n
    assert [row["answer"] for row in rows[:n]] != [row["answer"] for row in rows[n:]]


def test_answers_that_would_be_the_same_are_not_asked_for_again() -> None:
    with pytest.raises(ValidationError, match=r"repeats: 3 answers at temperature 0 are the same one; set options"):
        ComparisonSettings(repeats=3)


def test_what_was_trained_on_another_dataset_is_refused(trained: Trained, tmp_path: Path) -> None:
    questions = compare.questions_of_dataset

    def other(*given: Any) -> Any:
        return dataclasses.replace(questions(*given), dataset="f" * 12)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "questions_of_dataset", other)
        with pytest.raises(InputError, match=r"was trained on dataset .*, not ffffffffffff"):
            compared(trained)


def test_another_base_is_refused(trained: Trained, tmp_path: Path) -> None:
    from domain_ft_tests.llm.tiny_causal import make_tiny_causal

    other = dataclasses.replace(trained.tuned, base=make_tiny_causal(tmp_path / "other"))
    with pytest.raises(InputError, match="is another base model"):
        compare_tuned(ComparisonSettings(**SHORT), ScoreSettings(), trained.home, DOMAIN, other, device="cpu")


def test_the_guard_loads_each_model_once_where_there_is_room_for_one(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(trained)
    loaded, load_base, load_tuned = [], model_arms.load_generator, model_arms.load_tuned_generator
    room = 8 * parameters_in(trained.tuned.base) - 1

    def base(*given: Any) -> LocalGenerator:
        loaded.append("base")
        return load_base(*given)

    def tuned(*given: Any) -> LocalGenerator:
        loaded.append("tuned")
        return load_tuned(*given)

    monkeypatch.setattr(held_models, "available_memory", lambda device: room)
    monkeypatch.setattr(model_arms, "load_generator", base)
    monkeypatch.setattr(model_arms, "load_tuned_generator", tuned)
    compared(trained, minimum_effect=0.3)
    assert loaded == ["base", "tuned"]


def test_an_optimized_prompt_is_two_more_arms_that_are_asked_with_it(trained: Trained) -> None:
    prompt = PromptTemplate("Be brief.", "{concept}")
    found = compared(trained, prompt=prompt)
    assert {"base_optimized", "candidate_optimized"} < {*found.content["arms"]}
    asked = {each["arm"]: each.get("prompt") for each in found.content["figures"]}
    assert asked["base_optimized"] == asked["candidate_optimized"] == prompt.digest
    assert asked["base"] == asked["candidate"] == DEFAULT_PROMPT.digest


def test_with_another_prompt_it_is_another_comparison(trained: Trained) -> None:
    assert compared(trained).digest != compared(trained, prompt=PromptTemplate("Be brief.", "{concept}")).digest


def test_where_it_was_made_stands_in_it(trained: Trained) -> None:
    found = compared(trained, provenance={"dagster.run_id": "r"}, resamples=201)
    assert found.content["provenance"]["dagster.run_id"] == "r"
    assert "torch" in found.content["provenance"]


def test_where_no_question_can_be_asked_nothing_is_decided(trained: Trained) -> None:
    with pytest.raises(DomainFtError, match="base could be asked none of its questions: "):
        compared(trained, options=GenerationOptions(num_ctx=64, num_predict=16))
