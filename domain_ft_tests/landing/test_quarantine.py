"""Where rejected rows are kept."""

import re
from pathlib import Path

import polars as pl
import pytest

from domain_ft.landing import quarantine
from domain_ft.landing.quarantine import ADVICE, QUARANTINE, quarantine_rows, read_quarantine
from domain_ft.landing.rows import FOUND, Finder
from domain_ft.store.publish import read_manifest

SHA = "ab" * 32


def found(*lines: int, rule: str = "too_few_cells") -> pl.DataFrame:
    finder = Finder("a.csv")
    for line in lines:
        finder.add(rule, line=line, column="x", value="v", raw="a,b")
    return finder.frame()


def keep(folder: Path, *frames: pl.DataFrame, sha256: str = SHA) -> quarantine.Quarantined:
    return quarantine_rows(folder, iter(frames), name="a.csv", sha256=sha256, mapping_digest="m")


def test_rows_are_kept_with_advice_in_a_folder_named_by_the_content(tmp_path: Path) -> None:
    kept = keep(tmp_path, found(), found(2, 3), found(7, rule="bad_utf8"))
    assert kept.folder == tmp_path / SHA[:12]
    assert kept.rules == read_manifest(kept.folder)["rules"] == {"too_few_cells": 2, "bad_utf8": 1}
    rows = read_quarantine(tmp_path)
    assert rows.schema == QUARANTINE
    assert rows.select("source_file", "line", "rule").rows()[2] == ("a.csv", 7, "bad_utf8")
    assert rows["advice"].to_list() == [ADVICE["too_few_cells"]] * 2 + [ADVICE["bad_utf8"]]
    assert read_quarantine(kept.folder).equals(rows)


def test_a_later_reading_replaces_the_earlier_one(tmp_path: Path) -> None:
    keep(tmp_path, found(2))
    keep(tmp_path, found(5))
    assert read_quarantine(tmp_path)["line"].to_list() == [5]
    assert keep(tmp_path).folder is None
    assert read_quarantine(tmp_path).is_empty()
    assert list(tmp_path.iterdir()) == []


def test_a_domains_quarantine_holds_the_rows_of_all_its_sources(tmp_path: Path) -> None:
    keep(tmp_path, found(2), sha256="1" * 64)
    keep(tmp_path, found(3, 4), found(9, rule="bad_utf8"), sha256="2" * 64)
    assert sorted(read_quarantine(tmp_path)["line"].to_list()) == [2, 3, 4, 9]


def test_an_absent_quarantine_is_empty(tmp_path: Path) -> None:
    assert read_quarantine(tmp_path / "absent").is_empty()


MODULES = ["../json_text", "csv_source", "json_source", "junit_report", "junit_source", "rules", "ingest"]


@pytest.mark.parametrize("module", MODULES)
def test_every_rule_has_its_advice(module: str) -> None:
    text = (Path(quarantine.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
    prefixes = "too|bad|row|not|json|xml|commit|cell|build|test|verdict|date|duration|scope"
    named = set(re.findall(rf'"((?:{prefixes})_[a-z0-9_]+)"', text)) - {
        "build_id", "test_id", "json_encode", "scope_name", "row_index", "duration_s",
    }  # fmt: skip
    assert named <= set(ADVICE)


def test_lone_surrogates_do_not_stop_the_keeping(tmp_path: Path) -> None:
    finder = Finder("a\udcff.csv")
    finder.add("bad_utf8", line=1, column=None, value="\ud800", raw="\ud800")
    assert keep(tmp_path, finder.frame()).rows == 1
    assert FOUND.names() == ["source_file", "line", "column", "rule", "value", "raw"]
