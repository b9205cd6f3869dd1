"""When the loop runs by itself."""

import re

from pydantic import Field, field_validator

from domain_ft.settings import Settings

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS = "sun|mon|tue|wed|thu|fri|sat"
_FIELDS = (
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day", 1, 31, ""),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _DAYS),
)


class AutomationSettings(Settings):
    """When the loop runs by itself."""

    retrain_after_rows: int = Field(500, ge=1, description="Accepted rows that must be new before a retrain.")
    nightly: str | None = Field("0 2 * * *", description="Cron line of the nightly retrain (UTC); null for none.")

    @field_validator("nightly")
    @classmethod
    def _cron_line(cls, value: str | None) -> str | None:
        """A wrong line would otherwise take down every domain's definitions, and name none."""
        if value is None:
            return None
        parts = value.lower().split()
        if len(parts) != len(_FIELDS):
            raise ValueError("a cron line has five fields, such as '0 2 * * *'")
        for part, (name, low, high, names) in zip(parts, _FIELDS, strict=True):
            if not all(_is_cron_item(item, low, high, names) for item in part.split(",")):
                raise ValueError(f"{part!r} is no {name} of a cron line ({low} to {high}, *, a-b, */n, or a list)")
        if parts[3] in ("2", "feb") and parts[2] in ("30", "31"):
            raise ValueError(f"there is no {parts[2]} February")
        return value


def _is_cron_item(item: str, low: int, high: int, names: str) -> bool:
    """`*`, `3`, `mon`, `1-5`; `/n` after a star or a range."""
    value = rf"[0-9]{{1,2}}|{names}" if names else "[0-9]{1,2}"
    matched = re.fullmatch(rf"(?:\*|({value})(?:-({value}))?)(?:/([1-9][0-9]?))?", item, re.ASCII)
    if matched is None:
        return False
    first, last, step = matched.groups()
    ends = [int(end) if end.isdecimal() else names.split("|").index(end) + low for end in (first, last) if end]
    stepped = step is None or (int(step) <= high and (first is None) == (last is None))
    return stepped and all(low <= end <= high for end in ends) and ends == sorted(ends)
