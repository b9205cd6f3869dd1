"""Rows hold a question and its answer; what does not fit is counted, and refused where nothing is left to learn."""

import re
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from domain_ft.adapter.chat import Chat
from domain_ft.adapter.label_mask import check_labels, label_preview, shortened
from domain_ft.adapter.rows import make_rows, read_records
from domain_ft.adapter.trainer import row_collator, row_dataset
from domain_ft.errors import InputError
from domain_ft.llm.causal import IGNORED
from domain_ft.requirements.rendering import gold_text

LONG = 10_000


@pytest.fixture(scope="module")
def chat(tiny_llama: Path) -> Chat:
    return Chat(AutoTokenizer.from_pretrained(str(tiny_llama)), tiny_llama)


def test_a_row_is_the_question_and_the_record_s_requirements_as_yaml(chat: Chat, records: list[dict[str, Any]]) -> None:
    rows = make_rows(records, chat, LONG, "train")
    assert (len(rows), rows.truncated, rows.dropped) == (len(records), 0, 0)
    assert rows.warning("train") is None
    for row, record in zip(rows.rows, records, strict=True):
        assert list(row.prompt) == chat.prompt_ids(record["concept"])
        assert chat.answer(row.completion) == (gold_text(record), True)


def test_what_is_learned_is_the_answer_and_its_end_and_nothing_else(chat: Chat, records: list[dict[str, Any]]) -> None:
    rows = make_rows(records, chat, LONG, "train").rows
    batch = row_collator(chat.pad)(list(row_dataset(rows)))
    for row, ids, labels, mask in zip(
        rows, *(batch[name].tolist() for name in ("input_ids", "labels", "attention_mask")), strict=True
    ):
        width, length = len(ids), len(row.prompt) + len(row.completion)
        assert labels == [IGNORED] * len(row.prompt) + list(row.completion) + [IGNORED] * (width - length)
        assert ids[length:] == [chat.pad] * (width - length)
        assert mask == [1] * length + [0] * (width - length)
        assert label_preview(chat, ids, labels) == f"{chat.shown(row.prompt)}⟦{chat.shown(row.completion)}⟧"
    assert check_labels(chat, batch["labels"].tolist()) is None


def test_wrong_labels_are_found(chat: Chat) -> None:
    assert check_labels(chat, [[IGNORED, 5, chat.end]]) is None
    assert check_labels(chat, [[IGNORED, 5]]) == "the end token is not among the labels"
    assert check_labels(chat, [[5, chat.pad, chat.end]]) == "the padding token is among the labels"


def test_a_preview_in_a_line_shows_where_what_is_learned_begins_and_ends() -> None:
    found = shortened(f"{'q' * 90}|⟦{'a' * 90}\n<end>⟧")
    assert re.fullmatch(r"\.\.\. q+\|⟦a+\.\.\. a+ <end>⟧", found)
    assert len(found) < 150


def test_rows_that_are_cut_and_records_that_do_not_fit_are_counted(chat: Chat, records: list[dict[str, Any]]) -> None:
    lengthy = {**records[0], "concept": records[0]["concept"] * 40}
    whole = make_rows(records, chat, LONG, "train")
    longest = max(len(row.prompt) + len(row.completion) for row in whole.rows)
    rows = make_rows([*records, lengthy, {"concept": "x"}], chat, longest - 1, "train")
    cut = [row for row in rows.rows if row.completion[-1] != chat.end]
    assert 0 < len(cut) == rows.truncated < len(records)
    assert rows.dropped == 2
    assert rows.longest_answer >= whole.longest_answer
    assert all(len(row.prompt) + len(row.completion) < longest for row in rows.rows)
    assert rows.warning("train") == (
        f"train: of {len(records) + 2} records, {len(cut)} lose the end of their answer and 2 are left out at "
        f"max_length {longest - 1}"
    )


def test_a_length_below_every_question_is_refused(chat: Chat, records: list[dict[str, Any]]) -> None:
    with pytest.raises(InputError, match=r"max_length: 9 is below every question of train \(the shortest takes \d+"):
        make_rows(records, chat, 9, "train")


def test_a_length_that_cuts_every_answer_is_refused(chat: Chat, records: list[dict[str, Any]]) -> None:
    length = max(len(chat.prompt_ids(record["concept"])) for record in records) + 5
    with pytest.raises(InputError, match=rf"max_length: {length} cuts the end off every answer of train, so no model"):
        make_rows(records, chat, length, "train")


def test_where_the_base_reads_no_more_the_count_names_it(chat: Chat, records: list[dict[str, Any]]) -> None:
    longest = max(len(row.prompt) + len(row.completion) for row in make_rows(records, chat, LONG, "train").rows)
    said = make_rows(records, chat, longest - 1, "train", "tiny").warning("train")
    assert said is not None
    assert said.endswith(f"are left out at the {longest - 1:,} tokens that tiny reads")


def test_records_without_requirements_are_refused(chat: Chat) -> None:
    with pytest.raises(InputError, match="train: no record has requirements that could be learned"):
        make_rows([{"concept": "x"}], chat, LONG, "train")


def test_an_empty_part_is_refused(world: Any) -> None:
    (world.dataset / "validation.jsonl").write_text("")
    with pytest.raises(InputError, match=r"validation\.jsonl: holds no record; land more, or give validation a larger"):
        read_records(world.dataset, "validation")


def test_a_line_that_is_no_record_is_named(world: Any) -> None:
    (world.dataset / "train.jsonl").write_text('{"concept": "x"}\n{"title": "y"}\n')
    with pytest.raises(InputError, match=r"train\.jsonl:2: is no record with a concept"):
        read_records(world.dataset, "train")
