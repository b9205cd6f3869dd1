"""What the commands about adapters tell a person at their end."""

from typing import Any

import pytest

from domain_ft.commands.adapter_summary import show_export_ollama

NOTE = "starter is a demonstration model, and so is what was made of it: not for work"
FOUND = {
    "path": "/p", "version": "v1", "way": "llama_cpp", "ways": {"gguf": "its layers have biases", "llama_cpp": "open"},
    "command": None, "demonstration": None, "served": "shop", "tag": None,
}  # fmt: skip


def said(capsys: pytest.CaptureFixture[str], **changes: Any) -> list[str]:
    show_export_ollama({"results": [{**FOUND, **changes}]})
    return capsys.readouterr().out.splitlines()


def test_a_package_says_which_ways_are_closed_and_how_to_make_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys) == [
        "v1 for Ollama (llama_cpp): /p",
        "closed: gguf: its layers have biases",
        "make it there: cd /p && ollama create shop -f Modelfile",
    ]


def test_the_command_that_comes_first_stands_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, command="python x")[-2] == "with llama.cpp, run first: python x"


def test_a_demonstration_model_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert NOTE in said(capsys, demonstration=NOTE)
