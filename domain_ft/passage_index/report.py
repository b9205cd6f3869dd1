"""An index as a page of Markdown; made from its manifest alone."""

from collections.abc import Mapping
from typing import Any

from domain_ft.amounts import counted
from domain_ft.markdown_text import plain_markdown

_NAMES = {
    "words": "words (BM25)",
    "vector": "meaning",
    "plain_hybrid": "both, plain fusion",
    "hybrid": "both, as searched",
    "previous_vector": "meaning, model of before",
    "previous_hybrid": "both, model of before",
}


def render_index_report(manifest: Mapping[str, Any]) -> str:
    """What was indexed, how well it is found, and what changed with the model."""
    model, passages = manifest["model"], counted(manifest["passages"], "passages")
    lines = [
        f"# Index of {plain_markdown(manifest['domain'])}",
        "",
        f"{passages}, {manifest['dimension']} dimensions, model {plain_markdown(model['name'])} "
        f"({model['kind']}); {_nearest(manifest)}. Hybrid: weight {manifest['vector_weight']:g} of the meaning.",
        "",
        *_judged(manifest["judged"]),
        *(f"- {plain_markdown(note)}" for note in manifest["notes"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _nearest(manifest: Mapping[str, Any]) -> str:
    partitions, probes = manifest["nearest"]["partitions"], manifest["nearest"]["probes"]
    if probes >= partitions:
        return "a search looks at every vector"
    recall = manifest["recall_at_10"]
    return f"a search looks at {probes} of {partitions} partitions, and finds {recall:.3f} of the ten truly nearest"


def _judged(judged: Mapping[str, Any] | None) -> list[str]:
    if judged is None:
        return []
    metrics = list(next(iter(judged["arms"].values())))
    lines = [
        f"On {counted(judged['queries'], 'held-out test queries')} ({counted(judged['clusters'], 'clusters')}):",
        "",
        f"| search | {' | '.join(metrics)} |",
        f"|---|{'---:|' * len(metrics)}",
    ]
    for name, figures in judged["arms"].items():
        lines.append(f"| {_NAMES[name]} | {' | '.join(_estimate(figures[metric]) for metric in metrics)} |")
    lines += ["", "| difference | metric | mean | interval | verdict |", "|---|---|---:|---|---|"]
    for row in judged["differences"]:
        what = f"{_NAMES[row['candidate']]} minus {_NAMES[row['reference']]}"
        lines.append(f"| {what} | {row['metric']} | {row['mean']:+.3f} | {_interval(row, '+.3f')} | {row['verdict']} |")
    if judged["overlap_at_10"]:
        shared = ", ".join(f"{_NAMES[name]} {share:.0%}" for name, share in judged["overlap_at_10"].items())
        lines += ["", f"Of the first ten, both models find the same: {shared}."]
    return [*lines, ""]


def _estimate(figures: Mapping[str, Any]) -> str:
    return f"{figures['mean']:.3f} ({_interval(figures, '.3f')})"


def _interval(figures: Mapping[str, Any], form: str) -> str:
    if figures["low"] is None:
        return "–"
    return f"{figures['low']:{form}} to {figures['high']:{form}}"
