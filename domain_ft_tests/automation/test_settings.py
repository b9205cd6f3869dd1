"""A cron line that the definitions cannot be loaded with is refused where it is written."""

import pytest
from dagster._utils.schedules import is_valid_cron_string
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain_ft.automation.settings import AutomationSettings

NUMBERS = st.integers(0, 70).map(str)
VALUES = NUMBERS | st.sampled_from(["*", "mon", "SUN", "jan", "Dec", "feb", "x", "", "L", "?"])
RANGES = st.builds("{}-{}".format, VALUES, VALUES)
ITEMS = VALUES | RANGES | st.builds("{}/{}".format, VALUES | RANGES, NUMBERS)
FIELDS = st.lists(ITEMS, min_size=1, max_size=3).map(",".join)


@pytest.mark.parametrize(
    "line", ["0 2 * * *", "*/15 * * * *", "0 2 * * mon-fri", "30 4 1,15 * *", "0 22-23/1 * JAN 7", "5 0 29 2 *"]
)
def test_the_usual_lines_are_taken(line: str) -> None:
    assert AutomationSettings(nightly=line).nightly == line


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("daily", "five fields"),
        ("0 25 * * *", "'25' is no hour of a cron line .0 to 23"),
        ("0 2 * * mon-", "'mon-' is no weekday"),
        ("61 2 * * *", "is no minute"),
        ("0 2 30 2 *", "there is no 30 February"),
    ],
)
def test_a_wrong_line_is_refused_with_what_is_wrong_in_it(line: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        AutomationSettings(nightly=line)


@given(st.tuples(FIELDS, FIELDS, FIELDS, FIELDS, FIELDS).map(" ".join))
def test_whatever_is_taken_dagster_takes_too(line: str) -> None:
    try:
        AutomationSettings(nightly=line)
    except ValidationError:
        return
    assert is_valid_cron_string(line)
