"""Answers are on the disk as soon as they are kept, belong to one asking, and to one process at a time."""

from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.kept import kept_answers


def test_what_was_kept_is_there_for_whoever_comes_next(tmp_path: Path) -> None:
    path = tmp_path / "work" / "answers.jsonl"
    with kept_answers(path, "x") as answers:
        answers.keep("a", {"n": 1})
        assert path.read_bytes().count(b"\n") == 1
        answers.keep("b", {"n": 2})
    with kept_answers(path, "x") as answers:
        assert (len(answers), "a" in answers, answers["b"], "c" in answers) == (2, True, {"n": 2}, False)


def test_a_line_that_a_kill_cut_off_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with kept_answers(path, "x") as answers:
        answers.keep("a", {"n": 1})
    with path.open("ab") as file:
        file.write(b'{"asking": "x", "key": "b", "ro')
    with kept_answers(path, "x") as answers:
        assert len(answers) == 1
        answers.keep("b", {"n": 2})
    with kept_answers(path, "x") as answers:
        assert len(answers) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"asking": "y", "key": "a", "row": {}}', "holds the answers of another model, prompt or options"),
        ("not JSON", "is not as an earlier run left it; remove it"),
        ('{"asking": "x"}', "is not as an earlier run left it"),
        ("[]", "is not as an earlier run left it"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(InputError, match=said), kept_answers(path, "x"):
        pass


def test_two_cannot_add_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with (
        kept_answers(path, "x"),
        pytest.raises(DomainFtError, match=r"answers\.jsonl: another command is writing it"),
        kept_answers(path, "x"),
    ):
        pass
