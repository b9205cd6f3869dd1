"""The report of a tuned language model, as a page and as Markdown, made from its `benchmark.json` alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.amounts import describe_seconds, gigabytes
from domain_ft.evaluation.report import plots
from domain_ft.evaluation.report.html import environment
from domain_ft.evaluation.report.text import figure, interval, p_value, signed, signed_interval, words
from domain_ft.markdown_text import code_span, markdown_table, plain_markdown

TEMPLATE = "tuned.html.j2"
OUTCOMES = {"GO": "win", "NO-GO": "regression", "INCONCLUSIVE": "inconclusive"}
"""How the page shows an outcome."""
_NONE = "–"


@dataclass(frozen=True)
class ArmLine:
    """One arm: what its answers are worth, and what they took."""

    arm: str
    meaning: str
    score: str
    interval: str
    deviation: str
    ids: str
    valid: str
    legacy: str
    rate: str
    seconds: str
    memory: str


@dataclass(frozen=True)
class PairedLine:
    """The candidate minus one other arm; the unit is the concept family, whose concepts are averaged first."""

    reference: str
    mean: str
    interval: str
    p_holm: str
    wilcoxon: str
    effect: str
    counts: str
    """Families where it is better, equal, worse."""


def arm_lines(content: Mapping[str, Any]) -> tuple[ArmLine, ...]:
    """The arms, in their order."""
    return tuple(
        ArmLine(
            arm=each["arm"],
            meaning=each["meaning"],
            score=figure(each["score"]["mean"]),
            interval=interval(each["score"]["low"], each["score"]["high"]),
            deviation=figure(each["deviation"]),
            ids=f"{100 * each['components']['ids']:.1f} %",
            valid=f"{100 * each['valid_share']:.0f} %",
            legacy=figure(each["legacy_score"]["mean"]),
            rate=_NONE if each.get("tokens_per_second") is None else f"{each['tokens_per_second']:,.0f} / s",
            seconds=_NONE if each.get("total_seconds") is None else describe_seconds(each["total_seconds"]),
            memory=_NONE if each.get("memory_bytes") is None else gigabytes(each["memory_bytes"]),
        )
        for each in content["figures"]
    )


def paired_lines(content: Mapping[str, Any]) -> tuple[PairedLine, ...]:
    """The differences, in their order."""
    return tuple(
        PairedLine(
            reference=each["reference"],
            mean=signed(each["mean"]),
            interval=signed_interval(each["low"], each["high"]),
            p_holm=p_value(each["p_holm"]),
            wilcoxon=p_value(each["wilcoxon_p"]),
            effect=_NONE if each["effect_size"] is None else f"{each['effect_size']:.2f}",
            counts=f"{each['better']} / {each['equal']} / {each['worse']}",
        )
        for each in content["differences"]
    )


def component_rows(content: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each component of the score, by arm."""
    names = content["figures"][0]["components"]
    return tuple((words(name), tuple(figure(arm["components"][name]) for arm in content["figures"])) for name in names)


def remarks(content: Mapping[str, Any]) -> list[str]:
    """What is known of the candidate beside its answers, as sentences."""
    told, learned, general = [], content["learned"], content["general"]
    base = next((each for each in content["figures"] if each["arm"] == content["reference"]), None)
    if content["demonstration"]:
        told.append(f"{content['demonstration']}.")
    if base is not None and base["score"]["mean"] == 0:
        told.append(
            f"The {content['reference']} scores 0 on every concept: to beat it shows that the form was learned, and no "
            "more; look at the difference to a copied answer."
        )
    if learned is not None:
        gap, score = learned["gap"], figure(learned["score"]["mean"])
        more = f"{abs(gap):.3f} {'higher' if gap >= 0 else 'lower'} than on the {content['n']:,} that are compared"
        told.append(f"On {learned['n']:,} training concepts it scores {score}, {more}.")
    if general is not None:
        told.append(
            f"Perplexity on everyday text: {general['tuned']:,.1f} against {general['base']:,.1f} of the base; "
            f"{_guard(general)}."
        )
    return told


def _guard(general: Mapping[str, Any]) -> str:
    if general["passed"] is None:
        return (
            f"the guard is not judged, for the base itself foresees such text no better than a uniform guess among its "
            f"{general['chance']:,} tokens, so there is no general ability to lose"
        )
    held = "holds" if general["passed"] else "does not hold"
    return f"the guard (no more than {general['margin']:.0%} above it) {held}"


def render_tuned_html(content: Mapping[str, Any]) -> str:
    """The page for the content of a `benchmark.json`."""
    kinds = ("candidate", "base", "champion")
    ranking = [
        (each["arm"], each["arm"] if each["arm"] in kinds else "random", each["score"]) for each in content["figures"]
    ]
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            content=content,
            outcome=OUTCOMES[content["decision"]["outcome"]],
            ranking=plots.ranked_plot("score", ranking),
            arms=arm_lines(content),
            components=component_rows(content),
            differences=paired_lines(content),
            remarks=remarks(content),
        )
    )


def render_tuned_markdown(content: Mapping[str, Any]) -> str:
    """The text for the content of a `benchmark.json`, as the Dagster UI shows it."""
    arms = [
        [each.arm, each.score, each.interval, each.deviation, each.ids, each.valid, each.legacy, each.rate,
         each.seconds, each.memory]
        for each in arm_lines(content)
    ]  # fmt: skip
    header = ["arm", "score", "interval", "sd", "ids", "valid", "legacy score", "tokens", "time", "weights"]
    parts = [f"**{plain_markdown(content['headline'])}**", markdown_table(header, arms)]
    differences = [
        [line.reference, line.mean, line.interval, line.p_holm, line.wilcoxon, line.effect, line.counts]
        for line in paired_lines(content)
    ]
    header = ["against", "difference", "interval", "p (Holm)", "Wilcoxon", "d_z", "better / equal / worse"]
    parts += ["**Candidate minus each other arm**", markdown_table(header, differences)]
    parts += [plain_markdown(remark) for remark in remarks(content)]
    parts += ["**Its worst answers**", *(_worst(each) for each in content["worst"])]
    parts.append(
        f"{content['n']:,} concepts ({content['families']:,} families) of the {content['split']} split, dataset "
        f"{content['dataset']['digest']}."
    )
    return "\n\n".join(parts) + "\n"


def _worst(each: Mapping[str, Any]) -> str:
    lines = [f"- {code_span(each['id'])} {plain_markdown(each['concept'])}"]
    lines += [
        f"  - {name}, {figure(one['score'])}: {code_span(one['text'].replace(chr(10), ' / '))}"
        for name, one in each["answers"].items()
    ]
    return "\n".join(lines)
