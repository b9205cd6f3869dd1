"""What counts as an id, and which ids can be read as one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.requirements.ids import is_right, meant, written


@given(prefix=st.sampled_from(["FR", "NFR", "C"]), number=st.integers(1, 999))
def test_what_is_written_is_right_and_means_what_was_written(prefix: str, number: int) -> None:
    assert is_right(written(prefix, number))
    assert meant(written(prefix, number), "FR") == (prefix, number)


@pytest.mark.parametrize(
    "identifier", ["FR01", "FR0010", "fr001", "FR000", "FR001 ", "RFC2119", "FR\u00b9\u00b2\u00b3", "FR٠٠١", 1, None]
)
def test_an_id_is_a_prefix_and_three_digits_and_nothing_else(identifier: Any) -> None:
    assert not is_right(identifier)


@pytest.mark.parametrize(
    ("identifier", "number"), [("FR9", 9), ("FR09", 9), ("FR0010", 10), (" fr-7 ", 7), ("FR_12", 12), (3, 3)]
)
def test_an_id_that_is_nearly_right_has_one_meaning(identifier: Any, number: int) -> None:
    assert meant(identifier, "FR") == ("FR", number)


@pytest.mark.parametrize(
    "identifier",
    [
        "RFC2119",
        "C12H22",
        "FR1000",
        "FR0",
        "FR\u00b2",
        "FR1.5",
        "FR001 and more",
        "",
        0,
        1000,
        True,
        1.0,
        None,
        ["FR001"],
    ],
)
def test_an_id_that_could_mean_anything_has_no_meaning(identifier: Any) -> None:
    assert meant(identifier, "FR") is None
