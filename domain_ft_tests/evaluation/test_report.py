"""The report: complete, self-contained, and safe with any text."""

import copy
import re
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from domain_ft.evaluation.arms import ModelArm
from domain_ft.evaluation.benchmark import run_benchmark
from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.evaluation.report.html import render_html
from domain_ft.evaluation.report.markdown import render_markdown
from domain_ft.evaluation.report.plots import Scale
from domain_ft.evaluation.report.text import p_value, setting, signed
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.vocabulary import PAIRS
from domain_ft.store.vectors import Encode

EVIL = "<script>alert('x')</script> \x1b[31mred\x1b[0m \u202ereversed & done\nsecond line"
VOID = {"meta", "br", "hr", "img", "input", "link"}


@pytest.fixture(scope="module")
def content(
    published: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory, blind: Encode, bag_of_words: Encode
) -> dict[str, Any]:
    raw, dataset = published
    folder = tmp_path_factory.mktemp("report")
    log = folder / "training_log.jsonl"
    log.write_text('{"step": 0, "validation_map": 0.4}\n{"step": 5, "loss": 2.5}\n{"step": 9, "loss": 1.25}\n')
    arms = [
        ModelArm("base", blind, "starter", "0" * 64),
        ModelArm("champion", blind, "old", "2" * 64),
        ModelArm("candidate", bag_of_words, "abc", "1" * 64, dataset, log),
    ]
    settings = BenchmarkSettings(resamples=200, gates=("map >= 0.01",))
    result = run_benchmark(
        raw=raw, dataset=dataset, arms=arms, settings=settings, minimum_effect=0.01,
        margin=0.02, out=folder / "out", provenance={"domain": "areas", "dagster": "http://127.0.0.1:3000/runs/1"},
    )  # fmt: skip
    return read_benchmark(result.path)


def test_the_clusters_stand_beside_n_where_they_are_fewer(content: dict[str, Any]) -> None:
    fewer = copy.deepcopy(content)
    fewer["clusters"] = 3
    rows = [*fewer["differences"], *(one for arm in fewer["arms"].values() for one in arm.values())]
    for row in rows:
        row["clusters"] = 3
    n = content["n"]
    assert f"{n} builds (3 changes)" in render_markdown(fewer)
    assert f"| {n} (3 changes) |" in render_markdown(fewer)
    page = render_html(fewer)
    assert f"<small>{n} builds (3 changes)</small>" in page
    assert f"<td>{n} (3 changes)</td>" in page
    assert "<small>in 3 changes, of " in page


def test_what_became_of_frozen_layers_is_told(content: dict[str, Any]) -> None:
    said = "the output of 4 frozen layers is computed in every step, without a cache: the disk is full"
    frozen = {**content, "frozen_prefix": said}
    assert f"In training {said}." in render_html(frozen)
    assert f"In the candidate's training {said}." in render_markdown(frozen)
    assert "In training" not in render_html(content)


def test_a_report_on_pairs_speaks_of_queries_and_passages(content: dict[str, Any]) -> None:
    counts = {**content["counts"], "queries": content["n"]}
    pairs = {
        **content,
        "headline": "WIN: yes",
        "words": asdict(PAIRS),
        "counts": {k: n for k, n in counts.items() if k != "builds"},
    }
    pairs["dataset"] = {**content["dataset"], "funnel": [], "settings": {}, "leakage": {}}
    pairs["slices"], pairs["relevance"] = {}, {"name": "stated", "meaning": "it stands beside the query"}
    for made, given in (("gains", content["examples"]["gains"]), ("regressions", [])):
        pairs["examples"] = {**pairs["examples"], made: [{**one, "tests": [], "first": []} for one in given]}
    page = render_html(pairs)
    assert content["examples"]["gains"]
    assert re.findall(r"\b(?:builds?|tests|relevant test|history)\b", _without_styles(page), re.IGNORECASE) == []


def _without_styles(page: str) -> str:
    return re.sub(r'<style>.*?</style>|class="[^"]*"', "", page, flags=re.DOTALL)


class Page(HTMLParser):
    """Checks that tags are balanced, and gathers what the page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_verdict_is_the_first_thing_said(content: dict[str, Any]) -> None:
    page = Page(render_html(content))

    assert page.text.index("WIN") < 200
    assert "The candidate is better than the champion: MAP " in page.text
    assert page.text.index("The candidate is better") < page.text.index("The arms")


def test_every_section_is_there(content: dict[str, Any]) -> None:
    text = Page(render_html(content)).text

    for heading in (
        "The arms", "Is the difference real?", "Guards", "Success gates", "The models", "Slices",
        "Every metric in each slice", "Similarity", "How the candidate was trained",
        "Best gains", "Worst regressions", "Data", "Leakage between splits", "How to read this", "Provenance",
    ):  # fmt: skip
        assert heading in text


def test_every_arm_metric_slice_and_reference_is_named(content: dict[str, Any]) -> None:
    text = Page(render_html(content)).text

    for word in (
        "random", "BM25", "base", "champion", "candidate", "MAP", "MRR@10", "recall@10", "nDCG@10", "APFD",
        "triplet accuracy", "similarity gap", "breaks", "fixes", "no distinctive word",
        "Against champion, which decides", "Against base", "Against BM25",
    ):  # fmt: skip
        assert word in text


def test_the_page_needs_nothing_from_outside_and_runs_nothing(content: dict[str, Any]) -> None:
    html = render_html(content)
    page = Page(html)

    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert page.links == ["http://127.0.0.1:3000/runs/1"]
    assert "url(" not in html
    assert "@import" not in html


def test_the_page_follows_the_readers_light_or_dark(content: dict[str, Any]) -> None:
    assert "prefers-color-scheme: dark" in render_html(content)


def test_there_is_a_drawing_for_arms_differences_each_model_and_the_training(content: dict[str, Any]) -> None:
    assert Page(render_html(content)).tags.count("svg") == 2 + 3 + 2


def test_foreign_texts_are_escaped_and_their_control_characters_shown(content: dict[str, Any]) -> None:
    evil = copy.deepcopy(content)
    example = evil["examples"]["gains"][0]
    example["change"] = example["tests"][0]["text"] = example["first"][0]["text"] = example["build_id"] = EVIL
    evil["models"]["candidate"]["version"] = EVIL
    evil["provenance"][EVIL] = EVIL
    evil["dataset"]["funnel"][0]["why"] = EVIL

    html = render_html(evil)

    assert "<script" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "␛[31mred" in html
    assert "⟨U+202E⟩reversed &amp; done" in html
    assert Page(html).open == []


def test_only_web_addresses_become_links(content: dict[str, Any]) -> None:
    sly = {**content, "provenance": {"run": "javascript:alert(1)", "domain": "areas"}}

    assert Page(render_html(sly)).links == []


@pytest.mark.parametrize("missing", ["training", "examples", "guards"])
def test_a_benchmark_without_curves_examples_or_guards_still_has_a_report(
    content: dict[str, Any], missing: str
) -> None:
    empty = {
        "training": {"loss": [], "validation": {}}, "examples": {"gains": [], "regressions": []}, "guards": {}
    }  # fmt: skip

    page = Page(render_html({**content, missing: empty[missing]}))

    assert page.open == []
    assert render_markdown({**content, missing: empty[missing]})


def test_an_estimate_without_interval_is_shown_as_such(content: dict[str, Any]) -> None:
    alone = copy.deepcopy(content)
    for row in alone["differences"]:
        row["low"] = row["high"] = row["p_value"] = None
    for arm in alone["arms"].values():
        for estimate in arm.values():
            estimate["low"] = estimate["high"] = None

    assert "no interval" in render_html(alone)


def test_the_markdown_has_the_headline_and_rectangular_tables(content: dict[str, Any]) -> None:
    text = render_markdown(content)
    tables = [block.split("\n") for block in text.split("\n\n") if block.startswith("|")]

    assert text.startswith("## WIN\n\nWIN: the candidate is better")
    assert len(tables) == 3 + 4 + 1 + 1 + 1
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1


def test_the_best_arm_is_marked_in_each_column_where_higher_is_better(content: dict[str, Any]) -> None:
    header, _, *rows = next(block for block in render_markdown(content).split("\n\n") if block.startswith("|")).split(
        "\n"
    )
    columns = [[cell.strip() for cell in row.split("|")[2:-1]] for row in rows]

    assert header.count("builds") == 5
    assert all(any(cells[column].startswith("**") for cells in columns) for column in range(5))


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0123, "+0.012"), (-0.0123, "−0.012"), (0.0, "0.000"), (-0.0001, "−0.000"), (None, "–")]
)
def test_a_difference_is_printed_with_its_sign(value: float | None, expected: str) -> None:
    assert signed(value) == expected


def test_a_p_value_is_as_exact_as_it_deserves() -> None:
    assert [p_value(one) for one in (0.00001, 0.0312, None)] == ["< 0.001", "0.031", "–"]


def test_settings_read_as_in_a_yaml_file() -> None:
    assert setting({"by": "time", "parts": ["a", 2], "none": None, "on": True}) == (
        "by: time, parts: a, 2, none: none, on: true"
    )


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-0.013, 0.021), (0.4, 0.4001), (0, 2000)])
def test_an_axis_has_a_few_round_marks_inside_its_range(low: float, high: float) -> None:
    ticks = Scale(low, high, 0, 100).ticks()

    assert 3 <= len(ticks) <= 11
    assert all(-0.01 <= tick.at <= 100.01 for tick in ticks)
    assert len({tick.label for tick in ticks}) == len(ticks)
