"""A training that was interrupted goes on to the same weights, and its learning rate follows its course."""

from pathlib import Path
from typing import Any

import pytest
import torch

from domain_ft.progress import silent
from domain_ft.starter_lm import pretrain as pretraining
from domain_ft.starter_lm.pretrain import learning_rate, pretrain
from domain_ft.starter_lm.recipe import Recipe, recipe_of
from domain_ft.training.checkpoints import CHECKPOINTS, whole_checkpoints
from domain_ft.training.stop import StopRequest, TrainingStoppedError


class _CutError(Exception):
    pass


def cut_after(step: int) -> Any:
    def progress(name: str, done: int, total: int | None = None) -> None:
        if done == step:
            raise _CutError

    return progress


def test_an_interrupted_training_goes_on_to_the_same_weights(
    moment: Recipe, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "SAVE_EVERY", 3)
    whole = pretrain(moment, tokenizer, tmp_path / "whole", silent)
    for step in (5, 7):
        with pytest.raises(_CutError):
            pretrain(moment, tokenizer, tmp_path / "cut", cut_after(step))
    heard: list[int] = []
    gone_on = pretrain(moment, tokenizer, tmp_path / "cut", lambda name, done, total=None: heard.append(done))
    assert heard == [7, 8]
    assert gone_on.log == whole.log
    for one, other in zip(whole.model.parameters(), gone_on.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_asked_to_stop_it_ends_after_a_checkpoint_of_that_step(moment: Recipe, tokenizer: Any, tmp_path: Path) -> None:
    whole, stop = pretrain(moment, tokenizer, tmp_path / "whole", silent), StopRequest()

    def ask(name: str, done: int, total: int | None = None) -> None:
        if done == 4:
            stop.ask("the test")

    with pytest.raises(TrainingStoppedError, match=r"stopped after step 5 of 8 \(the test\)"):
        pretrain(moment, tokenizer, tmp_path / "cut", ask, stop)
    assert [each.step for each in whole_checkpoints(tmp_path / "cut" / CHECKPOINTS)] == [5]
    gone_on = pretrain(moment, tokenizer, tmp_path / "cut", silent)
    for one, other in zip(whole.model.parameters(), gone_on.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_training_leaves_the_callers_random_numbers_alone(moment: Recipe, tokenizer: Any, tmp_path: Path) -> None:
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    pretrain(moment, tokenizer, tmp_path, silent)
    assert torch.equal(torch.rand(1), expected)


def test_the_learning_rate_rises_and_falls() -> None:
    recipe = recipe_of("s")
    rates = [learning_rate(recipe, step) for step in range(1, recipe.steps + 1)]
    top = rates.index(max(rates))
    assert top + 1 == recipe.warmup
    assert max(rates) == recipe.learning_rate
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(recipe.learning_rate / 10)
