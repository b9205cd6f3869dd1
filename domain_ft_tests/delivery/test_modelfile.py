"""The template that is served puts messages exactly as the one that was trained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from domain_ft.delivery.chat_form import ROLES, Render, form_of
from domain_ft.delivery.modelfile import go_template, modelfile, parameters, stop_words
from domain_ft.errors import InputError
from domain_ft.llm.protocol import GenerationOptions, Message
from domain_ft_tests.delivery.go_template import render_go
from domain_ft_tests.llm.tiny_causal import TEMPLATE

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAMA_3 = (
    "{{ '<|begin_of_text|>' }}{% for m in messages %}{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + "
    "m.content + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
TEMPLATES = {"tiny": TEMPLATE, "ChatML": CHATML, "Llama 3": LLAMA_3}


def jinja(template: str) -> Render:
    compiled = Environment(trim_blocks=True, lstrip_blocks=True).from_string(template)

    def render(messages: object, asks: bool) -> str:
        return compiled.render(messages=messages, add_generation_prompt=asks)

    return render


TURNS = st.lists(
    st.builds(Message, st.sampled_from(["user", "assistant"]), st.text(st.characters(exclude_characters="{}"))),
    min_size=1,
)


@pytest.mark.parametrize("name", TEMPLATES)
@given(turns=TURNS, system=st.booleans())
def test_what_is_served_reads_as_what_was_trained(name: str, turns: list[Message], system: bool) -> None:
    messages = [*([Message("system", "Be brief.")] if system else []), *turns]
    form = form_of(jinja(TEMPLATES[name]), name)
    told = {"Messages": [{"Role": each.role, "Content": each.content} for each in messages]}
    assert render_go(go_template(form), told) == jinja(TEMPLATES[name])(messages, True)


def test_the_parts_of_a_form_are_those_around_each_role() -> None:
    form = form_of(jinja(LLAMA_3), "llama")
    assert form.begin == "<|begin_of_text|>"
    assert {role: form.around[role][1] for role in ROLES} == dict.fromkeys(ROLES, "<|eot_id|>")
    assert form.answer == "<|start_header_id|>assistant<|end_header_id|>\n\n"


@pytest.mark.parametrize(
    "template",
    [
        "{{ messages }}",
        "{% for m in messages %}{% if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}",
        "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</s>{% endfor %}{{ messages | length }}",
        "{% for m in messages %}<{{ m.role }} {{ loop.index }}>{{ m.content }}{% endfor %}",
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ m.content }}{% endfor %}",
    ],
)
def test_a_template_that_does_more_is_refused(template: str) -> None:
    with pytest.raises(InputError, match="mine: its chat template does more than to put each message by its role"):
        form_of(jinja(template), "mine")


def test_text_that_go_would_take_for_a_command_is_refused() -> None:
    form = form_of(jinja("{% for m in messages %}{{ '{{' }}{{ m.role }}{{ m.content }}{% endfor %}"), "mine")
    with pytest.raises(InputError, match="which Ollama would take for a command"):
        go_template(form)


def test_an_answer_stops_where_a_turn_ends_and_where_another_begins() -> None:
    assert stop_words(form_of(jinja(CHATML), "x")) == ("<|im_end|>", "<|im_start|>user", "<|im_start|>system")


def test_a_modelfile_names_weights_adapter_template_and_each_setting() -> None:
    form = form_of(jinja(CHATML), "x")
    settings = parameters(form, GenerationOptions(temperature=0, seed=7, num_ctx=2048, num_predict=512))
    text = modelfile("./base.gguf", go_template(form), settings, adapter="./adapter.gguf")
    lines = text.splitlines()
    assert lines[:2] == ["FROM ./base.gguf", "ADAPTER ./adapter.gguf"]
    assert 'TEMPLATE """{{ range .Messages }}{{ if eq .Role "system" }}<|im_start|>system' in text
    for line in (
        "PARAMETER temperature 0.0",
        "PARAMETER seed 7",
        "PARAMETER num_ctx 2048",
        'PARAMETER stop "<|im_end|>"',
    ):
        assert line in lines
