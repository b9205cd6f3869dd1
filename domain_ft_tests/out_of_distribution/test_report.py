"""The report of a detector: self-contained, and safe whatever the texts and names say."""

from typing import Any

from domain_ft.out_of_distribution.report import panels, render_html, render_markdown


def content(note: str = "") -> dict[str, Any]:
    figures = {"auc": {"mean": 0.9, "low": None, "high": None}, "fpr_at_95_tpr": 0.4, "caught": 0.75}
    return {
        "domain": "manuals",
        "digest": "abc",
        "created_at": "2026-01-01T00:00:00+00:00",
        "model": {"name": "<b>starter</b>", "kind": "base"},
        "dataset": "d1",
        "headline": "said",
        "method": "knn",
        "threshold": 5.0,
        "queries": {"train": 10, "validation": 11, "test": 12},
        "strangers": {"everyday_sentences": 20},
        "false_positive_rate": {"mean": 0.05, "low": None, "high": None, "n": 12},
        "separations": {"everyday_sentences": figures},
        "tried": {"knn": {"everyday_sentences": 0.9}, "mahalanobis": {"everyday_sentences": 0.8}},
        "histograms": {"low": 0.0, "high": 1.0, "shares": {"own": [0.5, 0.5], "everyday_sentences": [0.0, 1.0]}},
        "settings": {"method": "auto", "false_positive_rate": 0.05},
        "confidence": 0.95,
        "notes": [note],
    }


def test_the_page_fetches_nothing_and_obeys_no_text() -> None:
    page = render_html(content("<script>alert(1)</script>"))
    assert "<script" not in page
    assert "<b>" not in page
    assert 'src="' not in page


def test_a_threshold_beyond_the_drawing_stands_at_its_edge() -> None:
    (panel,) = panels(content())
    assert panel.title == "everyday sentences"
    assert panel.threshold == 348


def test_the_markdown_has_a_row_per_source() -> None:
    assert "| everyday sentences | 0.900 | no interval | 40.0% | 75.0% | 20 |" in render_markdown(content())
