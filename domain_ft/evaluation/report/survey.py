"""The report of a survey of models, as a page and as Markdown, made from its `leaderboard.json` alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.amounts import gigabytes
from domain_ft.evaluation.report import plots
from domain_ft.evaluation.report.html import environment
from domain_ft.evaluation.report.pareto_plot import ParetoPlot, pareto_plot
from domain_ft.evaluation.report.tables import DifferenceLine, lead_line
from domain_ft.evaluation.report.text import figure, interval, words
from domain_ft.markdown_text import markdown_table, plain_markdown
from domain_ft.safe_text import brief, visible

TEMPLATE = "survey.html.j2"
_LONGEST_LABEL = 22
"""Characters that a plot has room for beside its whiskers."""


@dataclass(frozen=True)
class ModelLine:
    """One model: what its answers are worth, and what they took."""

    model: str
    made_of: str
    score: str
    interval: str
    valid: str
    legacy: str
    seconds: str
    rate: str
    memory: str
    ended: str
    on_front: bool


def model_lines(content: Mapping[str, Any]) -> tuple[ModelLine, ...]:
    """The models, the best first."""
    fronts = {model for front in content["pareto"].values() for model in front}
    return tuple(
        ModelLine(
            model=each["model"],
            made_of=" ".join(part for part in (each["parameters"], each["quantization"]) if part),
            score=figure(each["score"]["mean"]),
            interval=interval(each["score"]["low"], each["score"]["high"]),
            valid=_percent(each["valid_share"]),
            legacy=figure(each["legacy_score"]["mean"]),
            seconds=f"{each['seconds']:.2f} s",
            rate="–" if each["tokens_per_second"] is None else f"{each['tokens_per_second']:,.1f} / s",
            memory="–" if each["memory_bytes"] is None else gigabytes(each["memory_bytes"]),
            ended=_ended(each),
            on_front=each["model"] in fronts,
        )
        for each in content["results"]
    )


def answerers(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The models, the best first, then the baselines."""
    return (*(each["model"] for each in content["results"]), *(each["arm"] for each in content["baselines"]))


def component_rows(content: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The score of each answerer, then each component of it."""
    scored = [*content["results"], *content["baselines"]]
    parts = [(words(name), [each["components"][name] for each in scored]) for name in scored[0]["components"]]
    rows = [("score", [each["score"]["mean"] for each in scored]), *parts]
    return tuple((name, tuple(figure(value) for value in values)) for name, values in rows)


def lead_lines(content: Mapping[str, Any]) -> tuple[DifferenceLine, ...]:
    """The best minus each other model, then minus the baselines."""
    return tuple(lead_line(row, row["model"], primary=row["kind"] == "model") for row in content["differences"])


def render_survey_html(content: Mapping[str, Any]) -> str:
    """The page for the content of a `leaderboard.json`."""
    template = environment().get_template(TEMPLATE)
    return template.render(
        content=content,
        models=model_lines(content),
        ranking=_ranking(content),
        fronts=_fronts(content),
        answerers=answerers(content),
        components=component_rows(content),
        differences=lead_lines(content),
    )


def render_survey_markdown(content: Mapping[str, Any]) -> str:
    """The text for the content of a `leaderboard.json`, as the Dagster UI shows it."""
    models = [
        [
            *(plain_markdown(line.model), line.score, line.interval, line.valid, line.legacy),
            *(line.seconds, line.rate, line.memory, plain_markdown(line.ended), "yes" if line.on_front else ""),
        ]
        for line in model_lines(content)
    ]
    header = ["model", "score", "interval", "valid", "legacy score", "per answer", "tokens", "memory", "ended", "front"]
    parts = [f"**{plain_markdown(content['headline'])}**", markdown_table(header, models)]
    header = ["", *(plain_markdown(name) for name in answerers(content))]
    rows = [[name, *values] for name, values in component_rows(content)]
    parts += ["**What the scores are made of**", markdown_table(header, rows)]
    if content["differences"]:
        leads = [
            [plain_markdown(line.name), line.mean, line.interval, line.p_value, line.n, line.verdict]
            for line in lead_lines(content)
        ]
        title = "**Differences in score** (p by Holm over all of them)"
        parts += [title, markdown_table(["", "difference", "interval", "p", "concepts", ""], leads)]
    parts += ["\n".join(f"- {plain_markdown(note)}" for note in content["notes"])] if content["notes"] else []
    of = f"{content['split']} split" if content["split"] else plain_markdown(content["source"])
    parts.append(f"{content['n']:,} of {content['of']:,} records of the {of}, dataset {content['dataset_digest']}.")
    return "\n\n".join(parts) + "\n"


def _ranking(content: Mapping[str, Any]) -> plots.IntervalPlot:
    chosen = content["choice"]["model"]
    rows = [
        (_drawn(each["model"]), "candidate" if each["model"] == chosen else "base", each["score"])
        for each in content["results"]
    ]
    rows += [(each["arm"], "random", each["score"]) for each in content["baselines"]]
    return plots.ranked_plot("score", rows)


def _fronts(content: Mapping[str, Any]) -> list[ParetoPlot]:
    def plot(title: str, axis: str, key: str) -> ParetoPlot | None:
        places = [
            (_drawn(each["model"]), each[key], each["score"], each["model"] in content["pareto"][key])
            for each in content["results"]
            if each[key] is not None
        ]
        return pareto_plot(title, axis, places) if places else None

    found = (
        plot("score against waiting", "median seconds per answer (less is better)", "seconds"),
        plot("score against generating", "tokens per second (more is better)", "tokens_per_second"),
    )
    return [each for each in found if each is not None]


def _ended(each: Mapping[str, Any]) -> str:
    ends = [f"{reason} {count:,}" for reason, count in each["done_reasons"].items()]
    return ", ".join([*ends, *([f"none came {each['failures']:,}"] if each["failures"] else [])])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _drawn(model: str) -> str:
    return brief(visible(model), _LONGEST_LABEL)
