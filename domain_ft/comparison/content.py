"""Everything that a comparison of a candidate says, computed from answers; reports are made from it alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from domain_ft.amounts import counted
from domain_ft.comparison.arms import BASE, CANDIDATE, CHAMPION
from domain_ft.comparison.decision import Decision, decide
from domain_ft.comparison.paired import Paired, holm_adjusted, paired
from domain_ft.comparison.perplexity import GeneralPerplexity
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.evaluation.benchmark_file import Verdict
from domain_ft.evaluation.statistics import Resampling
from domain_ft.requirements.rendering import gold_text
from domain_ft.requirements.score import SCORE_VERSION
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.safe_text import brief
from domain_ft.survey.answers import Row, scored_rows
from domain_ft.survey.baselines import COPIED, GOLD, MEANINGS, baseline_rows
from domain_ft.survey.figures import answering_figures, family_clusters, per_question, score_figures
from domain_ft.survey.questions import Question, Questions

COMPARISON_VERSION = 4
"""Raised when the same answers would come to another content."""
PRIMARY = "score"
_WORST = 5
_SHOWN = 1500
"""Characters of an answer that stand in the report."""


@dataclass(frozen=True)
class AskedArm:
    """An arm and its answers to the questions; all once, then all of them again."""

    name: str
    meaning: str
    model: str
    """The digest of what it computes with."""
    prompt: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Learned:
    """Training questions, and what the candidate answers to them: far better than on others, it learned by heart."""

    questions: Sequence[Question]
    rows: Sequence[Row]


@dataclass(frozen=True)
class ComparisonCase:
    """What is compared; `arms` hold `base` and `candidate` at least, and all were asked the same questions."""

    domain: str
    digest: str
    comparison: str
    """Equal for comparisons whose scores may stand in one table."""
    version: str
    """Of the candidate."""
    champion: str | None
    questions: Questions
    settings: ComparisonSettings
    score: ScoreSettings
    arms: Sequence[AskedArm]
    learned: Learned | None
    general: GeneralPerplexity | None
    demonstration: str | None = None
    """A sentence, where the candidate is none for work."""


def comparison_content(case: ComparisonCase) -> dict[str, Any]:
    """Score, compare and decide; the values are plain, so that JSON holds them as they are."""
    asked, champion = case.questions.asked, case.champion
    scored = {arm.name: _scored(asked, arm.rows, case) for arm in case.arms}
    baselines = baseline_rows(case.questions, case.score)
    differences = _differences(case, scored, baselines)
    reference = CHAMPION if CHAMPION in scored else BASE
    difference = differences.get(reference)
    settings = case.settings
    decision = decide(difference, minimum_effect=settings.minimum_effect, confidence=settings.confidence)
    figures = [
        *(_model_arm(case, arm, scored[arm.name]) for arm in case.arms),
        *(_baseline_arm(case, name, rows) for name, rows in baselines.items()),
    ]
    here = next(each["score"] for each in figures if each["arm"] == CANDIDATE)
    families = here["clusters"]
    return {
        "kind": "adapter_benchmark",
        "digest": case.digest,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "domain": case.domain,
        "version": case.version,
        "comparison_version": COMPARISON_VERSION,
        "score_version": SCORE_VERSION,
        "dataset": {"digest": case.questions.dataset},
        "comparison_digest": case.comparison,
        "split": case.questions.split,
        "n": len(asked),
        "families": families,
        "of": case.questions.of,
        "settings": settings.model_dump(mode="json"),
        "score_settings": case.score.model_dump(mode="json"),
        "demonstration": case.demonstration,
        "headline": _headline(case.questions, reference, decision, families, differences.get(COPIED)),
        "decision": asdict(decision),
        "verdict": _verdict(decision, difference),
        "primary_metric": PRIMARY,
        "reference": reference,
        "models": {CANDIDATE: {"version": case.version}, **({CHAMPION: {"version": champion}} if champion else {})},
        "arms": {each["arm"]: {metric: each[metric] for metric in (PRIMARY, "legacy_score")} for each in figures},
        "figures": figures,
        "differences": _told(differences),
        "guards": _guards(case),
        "collapse": {"collapsed": False},
        "learned": _learned(case, here["mean"]),
        "general": asdict(case.general) if case.general else None,
        "worst": _worst(case, scored, baselines.get(GOLD)),
    }


def _verdict(decision: Decision, difference: Paired | None) -> Verdict:
    """The decision in the words of the promotion: only GO wins; worse beyond chance is a regression."""
    if decision.outcome == "GO":
        return "WIN"
    high = difference.estimate.high if difference else None
    return "REGRESSION" if high is not None and high < 0 else "INCONCLUSIVE"


def _guards(case: ComparisonCase) -> dict[str, Any]:
    """General ability: minus the share by which perplexity rose, with the bound that must stay above minus the margin;
    none where there was no ability to lose."""
    general = case.general
    if general is None or general.passed is None:
        return {}
    mean, high = general.change.mean, general.change.high
    low = None if high is None else -math.expm1(high)
    figures = {"mean": -math.expm1(mean), "low": low, "margin": general.margin, "passed": general.passed}
    return {"general_ability": figures}


def _scored(asked: Sequence[Question], rows: Sequence[Row], case: ComparisonCase) -> list[dict[str, Any]]:
    """Rows with their scores; each repeat beside its own, for a sentence said again in another is no boilerplate."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(rows), len(asked)):
        part = rows[start : start + len(asked)]
        concepts = [(question.concept, row) for question, row in zip(asked, part, strict=True)]
        found += scored_rows(concepts, case.questions.concepts, case.score)
    return found


def _model_arm(case: ComparisonCase, arm: AskedArm, rows: Sequence[Row]) -> dict[str, Any]:
    figures = score_figures(rows, case.questions.asked, case.settings.confidence)
    told = {"arm": arm.name, "kind": "model", "meaning": arm.meaning, "model": arm.model, "prompt": arm.prompt}
    return {**told, **figures, **answering_figures(rows)}


def _baseline_arm(case: ComparisonCase, name: str, rows: Sequence[Row]) -> dict[str, Any]:
    figures = score_figures(rows, case.questions.asked, case.settings.confidence)
    return {"arm": name, "kind": "baseline", "meaning": MEANINGS[name], **figures}


def _differences(
    case: ComparisonCase, scored: Mapping[str, Sequence[Row]], baselines: Mapping[str, Sequence[Row]]
) -> dict[str, Paired]:
    """The candidate minus each other arm but the ceiling."""
    settings, clusters = case.settings, family_clusters(case.questions.asked)
    resampling = Resampling(settings.resamples, settings.confidence, settings.seed)
    repeats = settings.repeats
    tuned = per_question(scored[CANDIDATE], repeats)
    others = {name: per_question(rows, repeats) for name, rows in scored.items() if name != CANDIDATE}
    others |= {name: per_question(rows, 1) for name, rows in baselines.items() if name != GOLD}
    found = {
        name: paired(tuned, values, clusters, resampling, settings.wilcoxon_zeros) for name, values in others.items()
    }
    return {name: each for name, each in found.items() if each is not None}


def _told(differences: Mapping[str, Paired]) -> list[dict[str, Any]]:
    adjusted = holm_adjusted(differences)
    return [
        {"reference": name, "metric": PRIMARY, "slice": "all", **each.as_json(), "p_holm": adjusted.get(name)}
        for name, each in differences.items()
    ]


def _learned(case: ComparisonCase, here: float) -> dict[str, Any] | None:
    """The candidate's score on training concepts, and how far it is above the mean `here`, of those it never saw."""
    if case.learned is None:
        return None
    rows = _scored(case.learned.questions, case.learned.rows, case)
    on_train = score_figures(rows, case.learned.questions, case.settings.confidence)
    return {"n": on_train["n"], "score": on_train["score"], "gap": on_train["score"]["mean"] - here}


def _worst(
    case: ComparisonCase, scored: Mapping[str, Sequence[Row]], gold: Sequence[Row] | None
) -> list[dict[str, Any]]:
    """The questions that the candidate answers worst, each with what the others say."""
    asked = case.questions.asked
    tuned = scored[CANDIDATE][: len(asked)]
    order = sorted(range(len(tuned)), key=lambda place: (tuned[place]["score"], place))[:_WORST]

    def said(place: int) -> dict[str, Any]:
        answers = {name: _shown(rows[place]) for name, rows in scored.items()}
        if gold is not None:
            text = brief(gold_text(asked[place].record) or "", _SHOWN)
            answers[GOLD] = {"score": gold[place]["score"], "text": text, "why": gold[place]["why"]}
        return answers

    return [{"id": asked[place].name, "concept": asked[place].concept, "answers": said(place)} for place in order]


def _shown(row: Row) -> dict[str, Any]:
    text = str(row.get("answer") or row.get("failed") or "")
    return {"score": row["score"], "text": brief(text, _SHOWN), "why": row["why"]}


def _headline(questions: Questions, against: str, decision: Decision, families: int, copied: Paired | None) -> str:
    """The outcome, what it rests on, and how the candidate stands to an answer that takes no model."""
    n = len(questions.asked)
    asked = f"{n:,} of {questions.of:,} concepts" if n < questions.of else f"{n:,} concepts"
    part = f" of the {questions.split} split" if questions.split else ""
    needed = f"; about {decision.n_needed:,} families would decide" if decision.n_needed else ""
    beside = f"; against a copied answer {copied.figure}" if copied else ""
    return (
        f"{decision.outcome}: the candidate against {against}, {decision.why} ({asked}{part}, "
        f"{counted(families, 'families')}{needed}){beside}"
    )
