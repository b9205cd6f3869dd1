"""Amounts read as a person writes them."""

import pytest

from domain_ft.amounts import counted, describe_seconds, gigabytes, human_count, time_taken


@pytest.mark.parametrize(
    ("number", "plural", "said"),
    [
        (0, "groups", "0 groups"),
        (1, "groups", "1 group"),
        (1, "changes", "1 change"),
        (1, "queries", "1 query"),
        (1, "registered models", "1 registered model"),
        (1200, "queries", "1,200 queries"),
    ],
)
def test_one_thing_is_singular_and_thousands_are_set_apart(number: int, plural: str, said: str) -> None:
    assert counted(number, plural) == said


@pytest.mark.parametrize(("size", "said"), [(2_590_000_000, "2.6 GB"), (45_000_000, "45.0 MB"), (0, "0.0 MB")])
def test_bytes_are_megabytes_below_a_gigabyte(size: int, said: str) -> None:
    assert gigabytes(size) == said


@pytest.mark.parametrize(
    ("number", "said"), [(7_620_000_000, "7.6B"), (22_700_000, "22.7M"), (14_300, "14.3K"), (999, "999")]
)
def test_a_models_parameters_are_counted_as_people_write_them(number: int, said: str) -> None:
    assert human_count(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.00 s"),
        (0.00062, "0.62 ms"),
        (0.0034, "3.4 ms"),
        (0.034, "34 ms"),
        (0.25, "0.25 s"),
        (1.384, "1.38 s"),
        (50, "50.0 s"),
        (3038, "51 min"),
        (7800, "2 h 10 min"),
    ],
)
def test_a_time_is_said_as_finely_as_matters(seconds: float, said: str) -> None:
    assert time_taken(seconds) == said


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (240, "4 min"), (7800, "2 h 10 min")])
def test_long_times_are_told_roughly(seconds: float, words: str) -> None:
    assert describe_seconds(seconds) == words
