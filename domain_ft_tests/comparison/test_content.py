"""What a comparison says follows from the answers alone: scores, differences, the decision, the worst."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain_ft.comparison.content import AskedArm, ComparisonCase, Learned, comparison_content
from domain_ft.comparison.perplexity import GeneralPerplexity
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.evaluation.report.tuned import render_tuned_html, render_tuned_markdown
from domain_ft.evaluation.statistics import Estimate
from domain_ft.llm.protocol import Generation, GenerationOptions
from domain_ft.registry.evidence import evidence_of
from domain_ft.registry.gate import Contest, decide_promotion
from domain_ft.registry.settings import PromotionSettings
from domain_ft.requirements.rendering import gold_text
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.survey.answers import answered_row, failed_row
from domain_ft.survey.questions import Question, Questions, questions_of_file
from domain_ft.survey.settings import SurveySettings
from domain_ft_tests.command_reports import cells
from domain_ft_tests.landed_requirements import made

N = 8
Said = Callable[[Question], str]


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Questions:
    file: Path = tmp_path_factory.mktemp("asked") / "records.jsonl"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in made(N)))
    return questions_of_file(file, SurveySettings())


def gold(question: Question) -> str:
    return gold_text(question.record) or ""


def faulty(question: Question) -> str:
    """Nearly gold, but for its ids."""
    return gold(question).replace("R00", "R0").replace("C00", "C0")


def rows(questions: Questions, said: Said, repeats: int = 1) -> list[dict[str, Any]]:
    return [
        answered_row(question.name, repeat, Generation(said(question), "stop", 9, 90, 1.0, None, None, 1.0), 1000)
        for repeat in range(repeats)
        for question in questions.asked
    ]


def content(
    questions: Questions,
    settings: ComparisonSettings | None = None,
    general: GeneralPerplexity | None = None,
    demonstration: str | None = None,
    **arms: list[dict[str, Any]],
) -> Any:
    asked = [AskedArm(name, name, f"digest of {name}", "p", each) for name, each in arms.items()]
    chosen = settings or ComparisonSettings(resamples=300)
    case = ComparisonCase(
        "requirements",
        "d" * 12,
        "c" * 12,
        "v",
        "before" if "champion" in arms else None,
        questions,
        chosen,
        ScoreSettings(),
        asked,
        None,
        general,
        demonstration,
    )
    return comparison_content(case)


def perplexity_of(passed: bool | None) -> GeneralPerplexity:
    """A perplexity that has risen by a quarter."""
    rise = math.log(1.25)
    return GeneralPerplexity(100, 125, Estimate(rise, rise, rise, 9, 9), 0.1, 2048, passed)


def test_a_model_that_is_better_by_enough_is_go(questions: Questions) -> None:
    found = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    assert (found["decision"]["outcome"], found["reference"]) == ("GO", "base")
    assert found["headline"].startswith("GO: the candidate against base, the difference is +0.")


def test_the_registry_reads_it_as_any_benchmark(questions: Questions) -> None:
    found = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    evidence = evidence_of(found)
    assert (evidence.verdict, evidence.primary_metric, evidence.candidate) == ("WIN", "score", "v")
    assert evidence.score is not None
    assert evidence.difference is not None
    assert (evidence.score.mean, evidence.difference.mean > 0.05, evidence.reference) == (1.0, True, "base")


def test_a_model_that_is_worse_is_a_regression(questions: Questions) -> None:
    found = content(questions, base=rows(questions, gold), candidate=rows(questions, faulty))
    assert (found["decision"]["outcome"], found["verdict"]) == ("NO-GO", "REGRESSION")


def test_a_model_that_is_no_better_is_no_go(questions: Questions) -> None:
    found = content(questions, base=rows(questions, gold), candidate=rows(questions, gold))
    assert found["decision"]["outcome"] == "NO-GO"


def test_the_champion_is_who_must_be_beaten(questions: Questions) -> None:
    good, poor = rows(questions, gold), rows(questions, faulty)
    found = content(questions, base=poor, candidate=good, champion=good)
    assert (found["reference"], found["decision"]["outcome"]) == ("champion", "NO-GO")


def test_each_arm_has_its_figures_and_gold_is_the_ceiling(questions: Questions) -> None:
    found = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    scores = {arm["arm"]: arm["score"]["mean"] for arm in found["figures"]}
    assert list(scores) == ["base", "candidate", "constant", "copied", "gold"]
    assert scores["constant"] < scores["copied"] < scores["base"] < scores["candidate"] == scores["gold"] == 1.0
    tuned = found["figures"][1]
    assert (tuned["tokens_per_second"], tuned["valid_share"], tuned["components"]["ids"]) == (90, 1, 1)


def test_the_tuned_model_is_compared_with_every_arm_below_the_ceiling(questions: Questions) -> None:
    found = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    told = {each["reference"]: each for each in found["differences"]}
    assert list(told) == ["base", "constant", "copied"]
    assert all(each["p_holm"] >= each["permutation_p"] for each in told.values())
    assert told["base"]["better"] == found["families"] <= N


def test_repeats_are_averaged_and_are_no_further_evidence(questions: Questions) -> None:
    settings = ComparisonSettings(resamples=300, repeats=2, options=GenerationOptions(temperature=0.7))
    twice = {"base": rows(questions, faulty, 2), "candidate": rows(questions, gold, 2)}
    found = content(questions, settings, **twice)
    assert found["differences"][0]["n"] == N
    once = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    assert found["differences"][0]["mean"] == pytest.approx(once["differences"][0]["mean"])


def test_the_worst_stand_side_by_side_with_gold(questions: Questions) -> None:
    tuned = rows(questions, gold)
    tuned[7] = failed_row(questions.asked[7].name, 0, "no answer within 3 s", 3.0)
    worst = content(questions, base=rows(questions, faulty), candidate=tuned)["worst"][0]
    assert (worst["id"], worst["answers"]["candidate"]["text"]) == (questions.asked[7].name, "no answer within 3 s")
    assert worst["answers"]["gold"]["text"].startswith("title:")
    assert worst["answers"]["base"]["score"] > worst["answers"]["candidate"]["score"] == 0


def test_what_was_learned_by_heart_shows_as_a_gap(questions: Questions) -> None:
    asked = [AskedArm(name, "", name, "p", rows(questions, faulty)) for name in ("base", "candidate")]
    learned = Learned(questions.asked[:5], rows(questions, gold)[:5])
    case = ComparisonCase(
        "requirements",
        "d",
        "c",
        "v",
        None,
        questions,
        ComparisonSettings(resamples=300),
        ScoreSettings(),
        asked,
        learned,
        None,
    )
    found = comparison_content(case)["learned"]
    assert (found["n"], found["score"]["mean"]) == (5, 1.0)
    assert found["gap"] == pytest.approx(1.0 - comparison_content(case)["figures"][1]["score"]["mean"])


def test_the_guard_speaks_of_the_share_by_which_perplexity_rose(questions: Questions) -> None:
    arms = {"base": rows(questions, faulty), "candidate": rows(questions, gold)}
    found = content(questions, general=perplexity_of(passed=False), **arms)
    guard = found["guards"]["general_ability"]
    assert (guard["mean"], guard["low"]) == (pytest.approx(-0.25), pytest.approx(-0.25))
    assert (guard["margin"], guard["passed"]) == (0.1, False)
    assert evidence_of(found).guards == {"general_ability": pytest.approx(-0.25)}
    assert "the guard (no more than 10% above it) does not hold" in render_tuned_markdown(found)


def test_a_guard_that_is_not_judged_stands_in_nobodys_way_and_says_why(questions: Questions) -> None:
    arms = {"base": rows(questions, faulty), "candidate": rows(questions, gold)}
    found = content(questions, general=perplexity_of(passed=None), **arms)
    evidence = replace(evidence_of(found), split="test")
    decided = decide_promotion(evidence, PromotionSettings(), Contest("v", None))
    assert (found["guards"], decided.promote) == ({}, True)
    for report in (render_tuned_html(found), render_tuned_markdown(found)):
        assert "no better than a uniform guess among its 2,048 tokens" in report


def test_a_demonstration_model_is_said_to_be_one_in_every_report(questions: Questions, shown: Any) -> None:
    note = "starter is a demonstration model, and so is what was made of it: not for work"
    arms = {"base": rows(questions, faulty), "candidate": rows(questions, gold)}
    found = content(questions, demonstration=note, **arms)
    told = "\n".join(shown("benchmark", {**found, "report": "/world/report.html", "notes": []}))
    assert all(f"{note}." in report for report in (render_tuned_html(found), render_tuned_markdown(found), told))
    assert "demonstration" not in render_tuned_html(content(questions, **arms))


def test_the_headline_counts_the_families_that_the_interval_rests_on(questions: Questions) -> None:
    first, *others = questions.asked
    akin = [replace(each, kin=first.kin) if place < 2 else each for place, each in enumerate(others)]
    asked = replace(questions, asked=(first, *akin))
    found = content(asked, base=rows(asked, faulty), candidate=rows(asked, gold))
    assert found["families"] == found["differences"][0]["clusters"] == N - 2
    assert f"({N} concepts, {N - 2} families" in found["headline"]


def test_it_can_be_written_as_it_is(questions: Questions) -> None:
    found = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_page_and_markdown_begin_with_the_decision_and_name_every_arm(questions: Questions) -> None:
    found = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    page, text = render_tuned_html(found), render_tuned_markdown(found)
    assert '<h1 class="verdict">GO</h1>' in page
    assert text.startswith("**GO: the candidate against base")
    for arm in found["figures"]:
        assert f"{arm['score']['mean']:.3f}" in page
        assert f"| {arm['arm']} | {arm['score']['mean']:.3f} |" in text


def test_what_a_model_says_is_no_markup(questions: Questions) -> None:
    told = rows(questions, lambda question: "<script>alert(1)</script> | **bold** `code`")
    found = content(questions, base=told, candidate=told)
    assert "<script>" not in render_tuned_html(found)
    shown = "`` <script>alert(1)</script> | **bold** `code` ``"
    assert "**bold**" not in render_tuned_markdown(found).replace(shown, "")


def test_the_command_line_tells_every_arm_the_differences_and_the_outcome(questions: Questions, shown: Any) -> None:
    found = content(questions, base=rows(questions, faulty), candidate=rows(questions, gold))
    lines = shown("benchmark", {**found, "report": "/world/report.html", "notes": []})
    assert cells(lines, "candidate")[1:4] == ["1.000", "1.000 – 1.000", "100.0 %"]
    assert cells(lines, "gold")[1] == "1.000"
    assert found["headline"] in lines
    assert "report: /world/report.html" in lines
