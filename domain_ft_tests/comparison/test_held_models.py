"""Models are held while there is room for them; the next one comes in their place, or is refused."""

import weakref

import pytest

from domain_ft.adapter.quantization import parameters_in
from domain_ft.comparison import held_models
from domain_ft.comparison.model_arms import model_arms
from domain_ft.errors import InputError
from domain_ft_tests.comparison.conftest import Trained


def give(room: int, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(held_models, "available_memory", lambda device: room)


def test_with_room_each_model_is_loaded_once(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    base, candidate = model_arms(trained.tuned, None, None, "cpu")
    give(8 * parameters_in(trained.tuned.base), monkeypatch)
    first = base.load()
    candidate.load()
    assert base.load() is first


def test_without_room_for_two_the_one_that_was_asked_goes(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    base, candidate = model_arms(trained.tuned, None, None, "cpu")
    give(8 * parameters_in(trained.tuned.base) - 1, monkeypatch)
    first = weakref.ref(base.load().loaded[0])
    assert first() is not None
    candidate.load()
    assert first() is None


def test_a_model_that_cannot_fit_is_refused(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    base, _ = model_arms(trained.tuned, None, None, "cpu")
    give(4 * parameters_in(trained.tuned.base) - 1, monkeypatch)
    with pytest.raises(
        InputError, match=r"tiny_llama: its weights take about .* at 32 bits, .* and cpu has .* to give"
    ):
        base.load()
