"""What a person is shown is what was said: no word is taken for markup, no line is broken where nobody looks."""

import pytest

from domain_ft.console import announcer, show_table, training_bars
from domain_ft.training.progress import TrainingEvent


def test_square_brackets_are_words_like_others(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("arms [red]", ["map [interval]"], [["[bold]x"]])
    printed = capsys.readouterr().out
    assert "arms [red]" in printed
    assert "map [interval]" in printed
    assert "[bold]x" in printed


def test_an_evaluation_is_one_line_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    values = {f"metric_{number}": 0.5 for number in range(20)}
    with training_bars(quiet=False) as tell:
        tell(TrainingEvent("evaluation", 3, 9, values))
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("step 3:")
    assert "metric_19 0.500" in line


@pytest.mark.parametrize(("quiet", "said"), [(False, "base 1 of 2: [a/b]\n"), (True, "")])
def test_a_line_is_announced_as_it_is_unless_nobody_watches(
    capsys: pytest.CaptureFixture[str], quiet: bool, said: str
) -> None:
    announcer(quiet)("base 1 of 2: [a/b]")
    assert capsys.readouterr().err == said
