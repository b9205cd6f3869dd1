from pathlib import Path

import pytest

from domain_ft.reference import BEGIN, END, settings_reference, with_reference

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_shows_the_settings_as_they_are() -> None:
    page = README.read_text(encoding="utf-8")
    assert with_reference(page) == page, "run: python -m domain_ft.reference README.md"


def test_every_section_has_its_table() -> None:
    for section in ("source", "triplets", "training", "benchmark", "promotion", "automation"):
        assert f"**`{section}`**" in settings_reference()


def test_text_around_the_markers_stays() -> None:
    assert with_reference(f"a{BEGIN}old{END}z").startswith(f"a{BEGIN}")
    assert with_reference(f"a{BEGIN}old{END}z").endswith(f"{END}z")


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        with_reference("nothing here")
