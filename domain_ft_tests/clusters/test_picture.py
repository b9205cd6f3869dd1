"""The picture of clusters: self-contained, readable, and safe whatever a text says."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from domain_ft.clusters.communities import NOWHERE
from domain_ft.clusters.layout import layout
from domain_ft.clusters.picture import MARGIN, WIDTH, render_page, render_picture, scatter
from domain_ft.store.vectors import FloatArray

EVIL = "</title><script>alert(1)</script>\x1b[31m & <svg onload=x>"


def content(clusters: int = 2, label: str = "pump, oil") -> dict[str, object]:
    one = {"label": label, "size": 20, "share": 0.5, "cohesion": 0.4, "parts": [{"part": EVIL, "share": 1.0}]}
    results = [{**one, "id": n + 1, "examples": [{"id": EVIL, "text": EVIL}]} for n in range(clusters)]
    return {
        "texts": EVIL,
        "model": {"name": "m", "kind": "base"},
        "read": 41,
        "distinct": 41,
        "clusters": clusters,
        "agreement": None,
        "results": results,
        "nowhere": {"size": 1, "share": 0.02, "members": ["x"]},
        "notes": [EVIL],
    }


@pytest.fixture(scope="module")
def vectors() -> FloatArray:
    rows = np.random.default_rng(0).normal(size=(41, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_no_text_gets_out_of_its_place_and_nothing_is_fetched(vectors: FloatArray) -> None:
    cluster = np.array([0] * 20 + [1] * 20 + [NOWHERE])
    picture = scatter(vectors, cluster, [EVIL] * 41, 1)
    page, svg = render_page(content(label=EVIL), picture), render_picture(content(label=EVIL), picture)
    for made in (page, svg):
        assert "<script" not in made
        assert "<svg onload" not in made
        assert "\x1b" not in made
        assert not re.search(r'(src|href)="', made)
    assert len(ElementTree.fromstring(svg).findall(".//{*}title")) == 41


def test_the_legend_names_each_cluster_and_those_that_belong_nowhere(vectors: FloatArray) -> None:
    picture = scatter(vectors, np.array([0] * 20 + [1] * 20 + [NOWHERE]), ["a"] * 41, 1)
    svg = ElementTree.fromstring(render_picture(content(), picture))
    said = ["".join(text.itertext()) for text in svg.findall(".//{*}text")]
    assert said.count("pump, oil (20)") == 2
    assert "belong nowhere (1)" in said


def test_of_many_clusters_the_legend_says_how_many_more_there_are(vectors: FloatArray) -> None:
    picture = scatter(vectors, np.arange(41) % 30, ["a"] * 41, 1)
    assert "and 10 more clusters" in render_picture(content(30), picture)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_handful_is_drawn_within_the_drawing(vectors: FloatArray, n: int) -> None:
    picture = scatter(vectors[:n], np.zeros(n, dtype=np.int64), ["a"] * n, 1)
    assert len(picture.points) == n
    assert all(MARGIN <= point.x <= WIDTH - MARGIN for point in picture.points)


def test_equal_seeds_draw_the_same(vectors: FloatArray) -> None:
    np.testing.assert_array_equal(layout(vectors, 3), layout(vectors, 3))
