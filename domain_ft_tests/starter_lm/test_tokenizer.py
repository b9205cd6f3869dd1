"""The tokenizer gives back any text, and ends a turn with a token that is not its padding."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.llm.protocol import Message
from domain_ft.starter_lm.blocks import encoded
from domain_ft.starter_lm.documents import Document
from domain_ft.starter_lm.tokenizer import END, PAD

TURNS = (Message("system", "Be brief."), Message("user", "What is  it?\n"), Message("assistant", "A Loan Ledger."))


@pytest.fixture(scope="module")
def saved(starter_xs: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(starter_xs), local_files_only=True)


def as_dicts(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": each.role, "content": each.content} for each in messages]


def test_any_text_comes_back(saved: Any) -> None:
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def comes_back(text: str) -> None:
        assert saved.decode(saved.encode(text, add_special_tokens=False)) == text

    comes_back()


def test_nothing_is_put_before_a_text(saved: Any, starter_xs: Path) -> None:
    assert saved.encode("Loan") == saved.encode("Loan", add_special_tokens=False)
    assert json.loads((starter_xs / "tokenizer_config.json").read_bytes())["add_bos_token"] is False


def test_padding_is_not_the_end(saved: Any) -> None:
    assert (saved.pad_token, saved.eos_token) == (PAD, END)
    assert saved.pad_token_id != saved.eos_token_id


def test_the_template_ends_an_answer_with_the_end(saved: Any) -> None:
    whole = saved.apply_chat_template(as_dicts(TURNS), tokenize=False)
    asked = saved.apply_chat_template(as_dicts(TURNS[:2]), tokenize=False, add_generation_prompt=True)
    assert whole == f"{asked}A Loan Ledger.{END}"


def test_what_is_trained_on_is_what_the_template_makes(saved: Any, tokenizer: Any) -> None:
    ((tokens, learned),) = encoded(tokenizer, iter([Document(TURNS)]))
    assert tokens == saved.apply_chat_template(as_dicts(TURNS), return_dict=False)
    answer = [token for token, use in zip(tokens, learned, strict=True) if use]
    assert saved.decode(answer) == f"A Loan Ledger.{END}"


def test_common_words_are_one_token(tokenizer: Any) -> None:
    assert len(tokenizer.encode("The requirements of each product").tokens) == 5
