"""Everything that `leaderboard.json` says of surveyed models, computed; page and Markdown are made from it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from domain_ft.amounts import counted
from domain_ft.evaluation.evidence import fewest_clusters
from domain_ft.evaluation.statistics import Resampling, compare, holm
from domain_ft.evaluation.verdict import judge
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.survey.answers import CUT_OFF, Row
from domain_ft.survey.baselines import GOLD, MEANINGS, baseline_rows
from domain_ft.survey.choice import Choice, Contender, choose_base
from domain_ft.survey.figures import Values, family_clusters, per_question, score_figures
from domain_ft.survey.one import SurveyedModel
from domain_ft.survey.pareto import pareto_front
from domain_ft.survey.questions import Questions
from domain_ft.survey.settings import SurveySettings

BOARD_VERSION = 1
"""Raised when the same figures are to be published again in another form."""
_OF_MODEL = (
    "model", "model_digest", "digest", "created_at", "size_bytes", "parameters", "quantization", "n", "answers",
    "score", "legacy_score", "components", "valid_share", "modes", "done_reasons", "failures", "failure_reasons",
    "seconds", "tokens_per_second", "tokens_out", "memory_bytes",
)  # fmt: skip
_ON_TEST = "The test split was asked about: a base chosen by it looks better in the benchmark than it is."


@dataclass(frozen=True)
class MissingModel:
    """A model that is not on the board, and why."""

    model: str
    why: str


@dataclass(frozen=True)
class BoardCase:
    """What is compared: models that were asked the same."""

    domain: str
    content: str
    digest: str
    settings: SurveySettings
    score: ScoreSettings
    questions: Questions
    surveyed: Sequence[SurveyedModel]
    missing: Sequence[MissingModel]


def board_content(case: BoardCase) -> dict[str, Any]:
    """Rank the models of a case; the values are plain, so that JSON holds them as they are."""
    ranked = sorted(case.surveyed, key=lambda each: -each.content["score"]["mean"])
    results = [{name: each.content[name] for name in _OF_MODEL} for each in ranked]
    baselines = baseline_rows(case.questions, case.score)
    choice = choose_base([_contender(each) for each in results], case.settings.choice)
    differences = _differences(case, ranked, baselines)
    first = case.surveyed[0].content
    return {
        "kind": "leaderboard",
        "digest": case.digest,
        "content_digest": case.content,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "domain": case.domain,
        "headline": _headline(choice, results, differences),
        "choice": asdict(choice),
        "best": results[0]["model"],
        "results": results,
        "baselines": [
            {
                "arm": arm,
                "meaning": MEANINGS[arm],
                **score_figures(rows, case.questions.asked, case.settings.confidence),
            }
            for arm, rows in baselines.items()
        ],
        "differences": differences,
        "pareto": _fronts(results),
        "missing": [asdict(each) for each in case.missing],
        "notes": _notes(case, results[0], differences),
        "source": case.questions.source.resolve().name,
        "dataset_digest": case.questions.dataset,
        "split": case.questions.split,
        "n": results[0]["n"],
        "of": case.questions.of,
        **{name: first[name] for name in ("repeats", "options", "prompt")},
        "rule": case.settings.choice.model_dump(mode="json"),
        "confidence": case.settings.confidence,
        "score_settings": case.score.model_dump(mode="json"),
    }


def _contender(result: Mapping[str, Any]) -> Contender:
    taken = result["size_bytes"] if result["memory_bytes"] is None else result["memory_bytes"]
    return Contender(result["model"], result["score"]["mean"], result["valid_share"], result["seconds"], taken)


def _differences(
    case: BoardCase, ranked: Sequence[SurveyedModel], baselines: Mapping[str, Sequence[Row]]
) -> list[dict[str, Any]]:
    """The best minus each other model, and minus each baseline but the ceiling; p-values by Holm over all of them."""
    first, *others = ranked
    values: dict[str, Values] = {each.model: per_question(each.rows, case.settings.repeats) for each in others}
    values |= {arm: per_question(rows, 1) for arm, rows in baselines.items() if arm != GOLD}
    best, clusters = per_question(first.rows, case.settings.repeats), family_clusters(case.questions.asked)
    resampling = Resampling(confidence=case.settings.confidence)
    found = {name: compare(best, each, clusters, resampling) for name, each in values.items()}
    p_values = holm({name: one.p_value for name, one in found.items() if one and one.p_value is not None})
    rows = []
    for name, one in found.items():
        if one is None:
            continue
        effect, p_holm = case.settings.choice.minimum_effect, p_values.get(name)
        judged = judge(one, minimum_effect=effect, confidence=case.settings.confidence, p_holm=p_holm)
        rows.append(
            {
                "model": first.model,
                "reference": name,
                "kind": "baseline" if name in baselines else "model",
                **asdict(one.estimate),
                "p_value": one.p_value,
                "p_holm": p_holm,
                "verdict": judged.verdict,
                "n_needed": judged.n_needed,
            }
        )
    return rows


def _fronts(results: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Who is on the front of score and speed, by either way to measure speed."""
    rates = {
        each["model"]: (each["score"]["mean"], each["tokens_per_second"])
        for each in results
        if each["tokens_per_second"] is not None
    }
    waits = {each["model"]: (each["score"]["mean"], -each["seconds"]) for each in results}
    return {"seconds": list(pareto_front(waits)), "tokens_per_second": list(pareto_front(rates))}


def _headline(choice: Choice, results: Sequence[Mapping[str, Any]], differences: Sequence[Mapping[str, Any]]) -> str:
    best = results[0]["model"]
    models = [row for row in differences if row["kind"] == "model"]
    alike = [row["reference"] for row in models if row["verdict"] != "WIN"]
    if not models:
        return choice.reason
    if not alike:
        told = "shown to score higher than every other"
    elif len(alike) == len(models):
        told = "not shown to score higher than any other"
    else:
        told = f"not shown to score higher than {', '.join(alike)}"
    return f"{choice.reason} {'It is' if choice.model == best else f'{best} is first by score, and'} {told}."


def _notes(case: BoardCase, best: Mapping[str, Any], differences: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = [f"{each.model} is not among them: {each.why}" for each in case.missing]
    known, fewest = best["score"]["clusters"], fewest_clusters(case.settings.confidence)
    if known < fewest:
        notes.append(
            f"{counted(known, 'concept families')} can decide nothing; ask about {fewest} or more (limit, or more "
            "records)"
        )
    if case.questions.split == "test":
        notes.append(_ON_TEST)
    level = [row["reference"] for row in differences if row["kind"] == "baseline" and row["verdict"] != "WIN"]
    notes += [f"{best['model']} is not shown to score higher than {MEANINGS[arm]}" for arm in level]
    cut = [each.model for each in case.surveyed if each.content["done_reasons"].get(CUT_OFF)]
    if cut:
        notes.append(f"answers of {', '.join(cut)} were cut off by their length: raise options.num_predict")
    return notes
