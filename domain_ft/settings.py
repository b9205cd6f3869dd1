"""The base of every settings class: frozen, closed to unknown keys, and tolerant of numbers written as text.

YAML scalars reach us as text (see `domain_ft.yaml_text`), so `3e-5` and `2` become numbers here, by the field's type,
and never by a YAML parser's guess.
"""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from domain_ft.errors import InputError

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
    try:
        return settings(**options)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = f"--{first['loc'][0]}: ".replace("_", "-") if first["loc"] else ""
        raise InputError(f"{option}{first['msg'].removeprefix('Value error, ')}") from None
