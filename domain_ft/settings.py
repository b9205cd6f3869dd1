"""The base of every settings class: frozen, closed to unknown keys, and tolerant of numbers written as text.

YAML scalars reach us as text (see `domain_ft.yaml_text`), so `3e-5` and `2` become numbers here, by the field's type,
and never by a YAML parser's guess.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from domain_ft.errors import InputError
from domain_ft.safe_text import brief

_Checked = TypeVar("_Checked", bound=BaseModel)


def listed(value: object) -> object:
    """A list as the command line writes it, `map,apfd` with or without brackets, as its items; else the value."""
    if not isinstance(value, str):
        return value
    return [item.strip() for item in value.strip("[] ").split(",") if item.strip()]


class Settings(BaseModel):
    """A frozen section of a domain's YAML; an unknown key or a wrong value is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=False)


def checked(settings: type[_Checked], **options: Any) -> _Checked:
    """Settings from a command's options; InputError names the one that will not do."""
    return checked_as(settings, options, lambda name: f"--{name}".replace("_", "-"))


def checked_set(settings: type[_Checked], values: Mapping[str, Any], within: str = "") -> _Checked:
    """Settings from a command's `--set KEY=VALUE`, their keys `within` a section; InputError names the wrong one."""
    return checked_as(settings, values, lambda name: f"--set {within}{name}")


def checked_as(settings: type[_Checked], values: Mapping[str, Any], called: Callable[[str], str]) -> _Checked:
    """Settings from values; InputError names the first that will not do as `called` says that a person typed it."""
    try:
        return settings.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = f"{called('.'.join(map(str, first['loc'])))}: " if first["loc"] else ""
        raise InputError(f"{option}{why_refused(first)}") from None


def why_refused(finding: Mapping[str, Any]) -> str:
    """Why pydantic refuses a value, as the end of a sentence."""
    if finding["type"] == "extra_forbidden":
        return "no such setting"
    if finding["type"] == "missing":
        return "is missing"
    message = str(finding["msg"]).removeprefix("Value error, ")
    got = f"; got {brief(repr(finding['input']))}" if finding["loc"] else ""
    return f"{message[0].lower()}{message[1:]}{got}"
