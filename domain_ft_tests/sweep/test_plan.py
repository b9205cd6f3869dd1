"""From `--set section.key=a,b` to combinations: their number, their order, and what is refused before anything runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.domain import Domain
from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.sweep.plan import Combination, plan_sweep, split_values, sweep_digest


@pytest.fixture(scope="module")
def domain() -> Domain:
    return find_domain("test_history")


def planned(domain: Domain, *sets: str, most: int = 64) -> tuple[Combination, ...]:
    return plan_sweep(domain, [split_values(text) for text in sets], most)


def test_several_settings_make_the_product(domain: Domain) -> None:
    found = planned(domain, "training.learning_rate=2e-5,5e-5", "training.epochs=1,2")
    assert [str(each) for each in found] == [
        "training.learning_rate=2e-5, training.epochs=1",
        "training.learning_rate=2e-5, training.epochs=2",
        "training.learning_rate=5e-5, training.epochs=1",
        "training.learning_rate=5e-5, training.epochs=2",
    ]
    assert [each.domain.training.learning_rate for each in found] == [2e-5, 2e-5, 5e-5, 5e-5]


def test_every_combination_is_judged_on_validation(domain: Domain) -> None:
    assert {each.domain.benchmark.split for each in planned(domain, "training.epochs=1,2")} == {"validation"}


def test_a_setting_with_one_value_holds_for_all_and_is_not_named(domain: Domain) -> None:
    found = planned(domain, "benchmark.resamples=200", "training.epochs=1,2")
    assert [each.domain.benchmark.resamples for each in found] == [200, 200]
    assert [each.domain.benchmark.latency_runs for each in found] == [0, 0], "a sweep times nothing"
    assert [str(each) for each in found] == ["training.epochs=1", "training.epochs=2"]


def test_null_is_a_value(domain: Domain) -> None:
    assert [each.domain.training.max_steps for each in planned(domain, "training.max_steps=5,null")] == [5, None]


def test_values_that_mean_the_same_count_once(domain: Domain) -> None:
    assert len(planned(domain, "training.learning_rate=5e-5,0.00005")) == 1


@pytest.mark.parametrize(
    ("sets", "sentence"),
    [
        ((), "nothing to vary"),
        (("training.epochs=1,,2",), "one of its values is empty"),
        (("training.epochs=1", "training.epochs=2"), "given twice"),
        (("benchmark.split=test",), "judges on validation alone"),
        (("benchmark.primary_metric=map,apfd",), "several values are for settings of triplets and training only"),
        (("training.epochs=1,many",), "training.epochs: .*got 'many'"),
        (("training.epoch=1,2",), "did you mean epochs"),
        (("training.epochs",), "expected section.key=value"),
        (("training.seed=1,2,3", "training.epochs=1,2,3"), "9 combinations are more than 8; .*--max 9"),
    ],
)
def test_what_cannot_be_swept_is_one_sentence(domain: Domain, sets: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        planned(domain, *sets, most=8)


@given(st.permutations([0, 1, 2, 3]))
def test_a_sweep_has_one_name_whatever_the_order_of_its_combinations(order: list[int]) -> None:
    found = planned(find_domain("test_history"), "training.epochs=1,2", "training.seed=1,2")
    assert sweep_digest("r", [found[index] for index in order]) == sweep_digest("r", found)


def test_another_history_makes_another_sweep(domain: Domain) -> None:
    found = planned(domain, "training.epochs=1,2")
    assert sweep_digest("r1", found) != sweep_digest("r2", found)
