"""The report of a survey: one page that holds everything, safe whatever a model is called, and its Markdown."""

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.evaluation.report.pareto_plot import BOTTOM, LEFT, RIGHT, TOP, pareto_plot
from domain_ft.evaluation.report.survey import model_lines, render_survey_html, render_survey_markdown


def estimate(mean: float, half: float | None = 0.1) -> dict[str, Any]:
    bounds = (None, None) if half is None else (mean - half, mean + half)
    return {"mean": mean, "low": bounds[0], "high": bounds[1], "n": 8, "clusters": 8}


def scored(mean: float) -> dict[str, Any]:
    return {"score": estimate(mean), "legacy_score": estimate(mean), "components": {"parses": mean, "ids": 1.0}}


def result(model: str, mean: float, **changed: Any) -> dict[str, Any]:
    figures = {"valid_share": 0.875, "seconds": 1.5, "tokens_per_second": 40.0, "memory_bytes": 5 * 10**9}
    facts = {"parameters": "7.6B", "quantization": "Q4_K_M", "done_reasons": {"stop": 7}}
    failed = {"failures": 1, "failure_reasons": {"too <slow>": 1}}
    return {"model": model, **scored(mean), **figures, **facts, **failed, **changed}


def content(*results: dict[str, Any], **changed: Any) -> dict[str, Any]:
    found = results or (result("good:7b", 0.8), result("poor:1b", 0.5, seconds=0.2))
    difference = {"model": "good:7b", "reference": "poor:1b", "kind": "model", **estimate(0.3)}
    return {
        "digest": "a" * 12,
        "content_digest": "b" * 12,
        "created_at": "2026-11-21T12:00:00+00:00",
        "domain": "requirements",
        "headline": "good:7b is chosen.",
        "choice": {"model": "good:7b", "reason": "good:7b is chosen."},
        "results": list(found),
        "baselines": [{"arm": "gold", "meaning": "the ceiling", **scored(1.0)}],
        "differences": [{**difference, "p_value": 0.01, "p_holm": 0.02, "verdict": "WIN"}],
        "pareto": {"seconds": ["good:7b", "poor:1b"], "tokens_per_second": ["good:7b"]},
        "missing": [],
        "notes": ["one | note"],
        "source": "records.jsonl",
        "dataset_digest": "d" * 12,
        "split": "validation",
        "n": 8,
        "of": 12,
        "repeats": 1,
        "options": {"temperature": 0.0, "stop": []},
        "prompt": "p" * 12,
        "rule": {"valid_share": 0.8},
        "confidence": 0.95,
        **changed,
    }


def test_the_page_says_all_that_there_is_to_say_and_asks_for_nothing() -> None:
    page = render_survey_html(content())
    for part in ("good:7b is chosen.", "7.6B Q4_K_M", "8 records", "of 12 in validation split", "5.0 GB", "one | note"):
        assert part in page
    assert "too &lt;slow&gt;" in page
    assert not re.search(r"<script|src=|https?://(?!www\.w3\.org)", page)


def test_the_plots_are_drawn_well() -> None:
    for drawing in re.findall(r"<svg.*?</svg>", render_survey_html(content()), re.DOTALL):
        ElementTree.fromstring(drawing)


@pytest.mark.parametrize("name", ["<b>x</b>:1b", 'a"b:1b', "a\u202eb:1b"])
def test_a_models_name_is_text_and_nothing_else(name: str) -> None:
    results = (result(name, 0.8), result("poor:1b", 0.5))
    choice = {"model": name, "reason": "so"}
    page = render_survey_html(content(*results, choice=choice))
    assert name not in page


def test_a_model_of_which_little_is_known_is_shown_all_the_same() -> None:
    unknown = {"tokens_per_second": None, "memory_bytes": None, "parameters": None, "quantization": None}
    bare = content(result("x:1b", 0.0, **unknown), baselines=[], differences=[], notes=[], split=None)
    bare["choice"] = {"model": None, "reason": "none"}
    bare["pareto"] = {"seconds": ["x:1b"], "tokens_per_second": []}
    page, text = render_survey_html(bare), render_survey_markdown(bare)
    assert "No model chosen" in page
    assert "records.jsonl" in page
    assert "records.jsonl" in text
    (line,) = model_lines(bare)
    assert (line.rate, line.memory, line.made_of, line.ended) == ("–", "–", "", "stop 7, none came 1")


def test_the_markdown_holds_the_same_tables() -> None:
    text = render_survey_markdown(content())
    assert "| good:7b | 0.800 | 0.700 – 0.900 | 88 % |" in text
    assert "| parses | 0.800 | 0.500 | 1.000 |" in text
    assert "| good:7b − poor:1b | +0.300 |" in text
    assert "one \\| note" in text


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1e4), st.booleans()), min_size=1, max_size=8),
)
def test_every_model_lies_on_the_drawing_and_the_line_goes_through_the_front(
    drawn: list[tuple[float, float, bool]],
) -> None:
    models = [(str(n), speed, estimate(score, None), front) for n, (score, speed, front) in enumerate(drawn)]
    plot = pareto_plot("t", "a", models)
    assert all(LEFT <= place.x <= RIGHT and TOP <= place.y <= BOTTOM for place in plot.places)
    assert len(plot.front.split()) == sum(front for *_, front in drawn)
    labels = sorted(place.label_y for place in plot.places)
    assert all(later - one >= 13.9 for one, later in pairwise(labels))
