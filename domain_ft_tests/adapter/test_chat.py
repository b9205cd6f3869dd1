"""One template for training and serving: what is asked, what is answered, and where an answer ends."""

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from domain_ft.adapter.chat import Chat
from domain_ft.errors import InputError
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

CONCEPT, ANSWER = "Returns desk of a lamp shop", "title: Returns desk\ndescription: 'Takes back: lamps'"
ENDED = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
WITHOUT_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system here') }}{% endif %}{{ messages }}"
DATED = "{{ date_string if date_string is defined else strftime_now('%s') }}" + ENDED


def chat_of(folder: Path, **changes: Any) -> Chat:
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    for name, value in changes.items():
        setattr(tokenizer, name, value)
    return Chat(tokenizer, folder)


@pytest.fixture(scope="module")
def chat(tiny_llama: Path) -> Chat:
    return chat_of(tiny_llama)


def test_a_question_is_the_prompt_in_the_model_s_own_template(chat: Chat) -> None:
    system, user = DEFAULT_PROMPT.messages(CONCEPT)
    assert chat.shown(chat.prompt_ids(CONCEPT)) == f"<|system|>{system.content}<|user|>{user.content}<|assistant|>"


def test_an_answer_ends_with_the_end_token_and_with_nothing_after_it(chat: Chat) -> None:
    ids = chat.completion_ids(CONCEPT, ANSWER)
    assert ids[-1] == chat.end
    assert ids.count(chat.end) == 1
    assert chat.shown(ids) == f"{ANSWER}<|end|>"


def test_the_end_that_a_template_writes_itself_is_not_written_twice(tiny_llama: Path) -> None:
    chat = chat_of(tiny_llama, chat_template=ENDED)
    assert chat.shown(chat.completion_ids(CONCEPT, ANSWER)) == f"{ANSWER}<|end|>"


def test_generated_tokens_are_read_up_to_the_end(chat: Chat) -> None:
    ids = chat.completion_ids(CONCEPT, ANSWER)
    assert chat.answer([*ids, chat.pad, chat.pad]) == (ANSWER, True)
    assert chat.answer(ids[:-1]) == (ANSWER, False)


def test_rows_are_padded_with_a_token_of_its_own(tiny_llama: Path) -> None:
    assert chat_of(tiny_llama).shown([chat_of(tiny_llama).pad]) == "<|pad|>"
    chat = chat_of(tiny_llama, pad_token="<|end|>", unk_token="<|pad|>")
    assert chat.shown([chat.pad]) == "<|pad|>"
    assert chat.tokenizer.pad_token_id == chat.pad != chat.end


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"pad_token": "<|end|>"}, r"no token for padding beside its end token"),
        ({"eos_token": None}, r"has no end token, so no answer could end"),
        ({"chat_template": None}, r"has no chat template"),
    ],
)
def test_a_tokenizer_that_cannot_end_pad_or_chat_is_refused(
    tiny_llama: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        chat_of(tiny_llama, **changes)


def test_a_template_that_takes_no_system_message_is_refused_with_its_own_words(tmp_path: Path) -> None:
    chat = chat_of(make_tiny_causal(tmp_path / "tiny", template=WITHOUT_SYSTEM))
    with pytest.raises(InputError, match=r"tiny: its chat template does not take .* \(no system here\)"):
        chat.prompt_ids(CONCEPT)


def test_a_template_that_loses_the_answer_is_refused(tmp_path: Path) -> None:
    chat = chat_of(make_tiny_causal(tmp_path / "tiny", template="{{ messages[0].content }}"))
    with pytest.raises(InputError, match="does not put an answer, as it stands, after the question"):
        chat.completion_ids(CONCEPT, ANSWER)


def test_no_row_depends_on_the_day(tiny_llama: Path) -> None:
    chat = chat_of(tiny_llama, chat_template=DATED)
    assert chat.shown(chat.prompt_ids(CONCEPT)).startswith("26 Jul 2024")
