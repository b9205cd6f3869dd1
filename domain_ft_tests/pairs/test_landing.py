"""Pairs land: columns, duplicates, and an audit whose rules each do what they are told."""

import pytest
from pydantic import ValidationError

from domain_ft.errors import InputError
from domain_ft.pairs.settings import AuditSettings
from domain_ft.store.publish import read_manifest
from domain_ft_tests.pairs.landed_pairs import Folder, a_pair

OTHER = {"query": "where is the fuse of the lamp", "passage": "The fuse of the lamp lies behind the left panel."}
BROKEN = {
    "query_too_short": {"query": "why"},
    "passage_too_short": {"passage": "no oil"},
    "query_too_long": {"query": "what " * 300},
    "passage_too_long": {"passage": "the oil is changed often " * 100},
    "mojibake": {"passage": "The cafÃ© sells oil for the gear box, tooâ€¦"},
    "template_query": {"query": "What causes switch?"},
    "page_marker": {"passage": "Change the oil of the gear box.\n--- page 7 ---\nThen close it."},
    "dot_leaders": {"passage": "Oil of the gear box ................ 12"},
    "query_equals_passage": {"query": "change the oil", "passage": "Change  the OIL"},
    "negative_equals_positive": {"negative": "change the oil of the gear box after every thousand hours of WORK."},
}


def test_every_cell_finds_its_place(folder: Folder) -> None:
    folder.land(a_pair(context="a longer text about oil", group="book", part="gears"))
    assert folder.pairs().drop("pair_id").rows() == [
        (
            "how often is the oil of the gear box changed",
            "Change the oil of the gear box after every thousand hours of work.",
            "a longer text about oil",
            "The seat belt is locked by turning the buckle to the left.",
            "book",
            "gears",
        )
    ]


@pytest.mark.parametrize(("rule", "cells"), BROKEN.items(), ids=BROKEN)
def test_a_rule_in_quarantine_mode_rejects_the_row_with_its_line(
    folder: Folder, rule: str, cells: dict[str, str]
) -> None:
    result = folder.land(a_pair(**OTHER), a_pair(**cells), **{rule: "quarantine"})
    assert (result.read, result.accepted, result.rejected) == (2, 1, 1)
    assert [(line, found) for line, _, found in folder.rejected()] == [(2, rule)]
    assert folder.audit()[rule] == 0


@pytest.mark.parametrize(("rule", "cells"), BROKEN.items(), ids=BROKEN)
def test_a_rule_in_warning_mode_counts_the_row_and_keeps_it(folder: Folder, rule: str, cells: dict[str, str]) -> None:
    off = dict.fromkeys(BROKEN, "off")
    assert folder.land(a_pair(**OTHER), a_pair(**cells), **{**off, rule: "warn"}).accepted == 2
    assert folder.audit()[rule] == 1


@pytest.mark.parametrize(("rule", "cells"), BROKEN.items(), ids=BROKEN)
def test_a_rule_that_is_off_is_not_asked(folder: Folder, rule: str, cells: dict[str, str]) -> None:
    assert folder.land(a_pair(**OTHER), a_pair(**cells), **dict.fromkeys(BROKEN, "off")).accepted == 2
    assert rule not in folder.audit()


BAD_TEXTS = {
    "passage_too_long": "the oil is changed often " * 100,
    "mojibake": "The cafÃ© sells oil for the gear box, tooâ€¦",
    "page_marker": "Change the oil of the gear box.\n--- page 7 ---\nThen close it.",
    "dot_leaders": "Oil of the gear box ................ 12",
}


@pytest.mark.parametrize("side", ["passage", "context", "negative"])
@pytest.mark.parametrize(("rule", "text"), BAD_TEXTS.items(), ids=BAD_TEXTS)
def test_a_rule_about_texts_looks_at_every_text(folder: Folder, rule: str, text: str, side: str) -> None:
    off = dict.fromkeys(BROKEN, "off")
    folder.land(a_pair(**OTHER), a_pair(**{side: text}), **{**off, rule: "warn"})
    (found,) = [row for row in read_manifest(folder.raw / "current")["audit"] if row["rule"] == rule]
    assert found["rows"] == 1
    assert found["examples"][0].startswith(text[:20])


@pytest.mark.parametrize(("rule", "text"), BAD_TEXTS.items(), ids=BAD_TEXTS)
def test_a_context_that_is_no_good_is_rejected_by_its_own_name(folder: Folder, rule: str, text: str) -> None:
    folder.land(a_pair(**OTHER), a_pair(context=text), **{rule: "quarantine"})
    assert folder.rejected() == [(2, "context", rule)]


@pytest.mark.parametrize(("rule", "text"), BAD_TEXTS.items(), ids=BAD_TEXTS)
def test_a_negative_that_is_no_good_is_dropped_and_its_pair_kept(folder: Folder, rule: str, text: str) -> None:
    result = folder.land(a_pair(**OTHER), a_pair(negative=text), **{rule: "quarantine"})
    assert (result.read, result.accepted, result.rejected) == (2, 2, 0)
    assert result.notes == (f"1 negative was dropped for {rule}; the pairs are kept",)
    assert set(folder.pairs()["negative"]) == {None, a_pair()["negative"]}
    assert folder.audit()[rule] == 0


LONGER = str(a_pair()["passage"])
AMONG_ROWS: dict[str, list[dict[str, str | None]]] = {
    "negative_is_positive": [a_pair(passage=OTHER["passage"]), a_pair(negative=OTHER["passage"])],
    "near_duplicate_query": [
        a_pair(query="how often is the oil of the gear box renewed"),
        a_pair(query="how often is the oil of the gear box renewed?", passage=OTHER["passage"]),
    ],
    "near_duplicate_passage": [a_pair(), a_pair(query=OTHER["query"], passage=LONGER.replace("work.", "work!"))],
}


@pytest.mark.parametrize(("rule", "rows"), AMONG_ROWS.items(), ids=AMONG_ROWS)
def test_a_rule_that_compares_rows_counts_them_unless_it_is_off(
    folder: Folder, rule: str, rows: list[dict[str, str | None]]
) -> None:
    folder.land(*rows, near_duplicate=0.8)
    counts = folder.audit()
    assert {name: count for name, count in counts.items() if count and name in AMONG_ROWS} == {
        rule: 1 if rule == "negative_is_positive" else 2
    }
    other = folder.beside("off")
    other.land(*rows, near_duplicate=0.8, **{rule: "off"})
    assert other.audit() == {name: count for name, count in counts.items() if name != rule}


def test_a_rule_that_compares_rows_cannot_reject_one() -> None:
    with pytest.raises(ValidationError, match="'warn' or 'off'"):
        AuditSettings(negative_is_positive="quarantine")


@pytest.mark.parametrize(
    ("setting", "cells", "rule", "lax", "strict"),
    [
        ("least_query_words", {"query": "change oil"}, "query_too_short", 2, 3),
        ("least_passage_words", {"passage": "change the oil"}, "passage_too_short", 3, 4),
        ("most_tokens", {"query": "is the oil ever changed or is it not"}, "query_too_long", 9, 8),
        ("most_tokens", {"passage": "the oil is changed now and then and now"}, "passage_too_long", 9, 8),
    ],
)
def test_a_limit_takes_effect(
    folder: Folder, setting: str, cells: dict[str, str], rule: str, lax: int, strict: int
) -> None:
    off = {**dict.fromkeys(BROKEN, "off"), rule: "warn"}
    for limit, found in ((lax, 0), (strict, 1)):
        landed = folder.beside(limit)
        landed.land({**a_pair(negative=None), **cells}, **off, **{setting: limit})
        assert landed.audit()[rule] == found


@pytest.mark.parametrize("rule", ["near_duplicate_query", "near_duplicate_passage"])
def test_how_near_a_near_duplicate_is_is_a_setting(folder: Folder, rule: str) -> None:
    for threshold, found in ((0.8, 2), (0.99, 0)):
        landed = folder.beside(threshold)
        landed.land(*AMONG_ROWS[rule], near_duplicate=threshold)
        assert landed.audit()[rule] == found


def test_rows_that_differ_in_case_and_space_alone_are_duplicates(folder: Folder) -> None:
    result = folder.land(a_pair(), a_pair(query="How often is  the oil of the gear box CHANGED"), a_pair(**OTHER))
    assert (result.accepted, result.duplicates) == (2, 1)


def test_a_file_that_repeats_a_landed_row_adds_the_others(folder: Folder) -> None:
    folder.land(a_pair())
    result = folder.land(a_pair(), a_pair(**OTHER), name="more.jsonl")
    assert (result.accepted, result.duplicates, folder.pairs().height) == (1, 1, 2)


@pytest.mark.parametrize("side", ["query", "passage"])
def test_a_row_without_a_text_is_rejected(folder: Folder, side: str) -> None:
    folder.land(a_pair(**OTHER), a_pair(**{side: "  "}))
    assert folder.rejected() == [(2, side, f"{side}_missing")]


def test_a_file_without_the_passages_column_is_refused_with_its_name(folder: Folder) -> None:
    with pytest.raises(InputError, match=r"column 'passage' is missing \(passage: The passage that answers it\)"):
        folder.land({"query": "a question without an answer"})


def test_the_same_rows_in_another_order_are_the_same_content(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Folder(tmp_path_factory.mktemp("other"))
    rows = [a_pair(), a_pair(**OTHER)]
    folder.land(*rows)
    other.land(*rows[::-1])
    assert folder.pairs().equals(other.pairs())


def test_an_ingest_tells_which_rules_warn_of_what_was_accepted(folder: Folder) -> None:
    rows = (a_pair(**OTHER), a_pair(**BROKEN["template_query"]), a_pair(**BROKEN["dot_leaders"]))
    result = folder.land(*rows, dot_leaders="quarantine")
    assert result.warnings == result.as_json()["warnings"] == {"template_query": 1}
    assert (result.kind, result.files[0].rules) == ("pairs", {"dot_leaders": 1})
    assert folder.land(*rows, dot_leaders="quarantine").warnings == {"template_query": 1}


def test_a_file_of_lines_is_not_asked_for_a_header(folder: Folder) -> None:
    with pytest.raises(InputError, match=r"pairs\.jsonl: is empty; hand in a file with rows$"):
        folder.land_file(b"", "pairs.jsonl")


def test_a_file_of_another_kind_is_not_offered_xml(folder: Folder) -> None:
    with pytest.raises(InputError, match=r"pairs\.txt: not a kind of file .* must end in \.csv.*\.json\.gz$"):
        folder.land_file(b"query", "pairs.txt")
