"""The settings reference of the README, generated from the settings classes, so that the two cannot disagree.

python -m domain_ft.reference            # print it
python -m domain_ft.reference README.md  # put it between the markers of that file
"""

import sys
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from domain_ft.domain_settings import ADAPTER_FORMATS, FORMATS, DomainSettings, reading_order

BEGIN, END = "<!-- settings: begin (python -m domain_ft.reference README.md) -->", "<!-- settings: end -->"


def settings_reference() -> str:
    """A Markdown table per section: key, type, default, meaning; of further formats only what differs."""
    first, *others = {**FORMATS, **ADAPTER_FORMATS}.items()
    known = {name: list(_rows(model)) for name, model in _sections(first[1])}
    tables = [_section(f"`{name}`", rows) for name, rows in known.items()]
    for format_name, settings in others:
        for name, model in _sections(settings):
            every = list(_rows(model))
            rows = [row for row in every if row not in known.get(name, ())]
            title = f"`{name}` where `source.format` is `{format_name}`"
            if rows:
                tables.append(_section(title if len(rows) > len(every) / 2 else f"{title}: other defaults", rows))
    return "\n".join(tables)


def _sections(settings: type[DomainSettings]) -> list[tuple[str, Any]]:
    return [(name, field.annotation) for name, field in reading_order(settings) if _is_settings(field.annotation)]


def with_reference(page: str) -> str:
    """A page with the reference between its markers; ValueError where the markers are not there."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the markers {BEGIN!r} and {END!r} are missing")
    return f"{before}{BEGIN}\n\n{settings_reference()}\n{END}{after}"


def _section(title: str, settings: Iterable[tuple[str, str, str, str]]) -> str:
    rows = [f"| `{key}` | {kind} | {default} | {meaning} |" for key, kind, default, meaning in settings]
    return "\n".join([f"**{title}**", "", "| key | type | default | meaning |", "|---|---|---|---|", *rows, ""])


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        if _is_settings(field.annotation):
            yield from _rows(typing.cast(type[BaseModel], field.annotation), f"{prefix}{name}.")
        else:
            default = field.get_default(call_default_factory=True)
            yield f"{prefix}{name}", _kind(field.annotation), _default(default), field.description or ""


def _kind(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " ".join(f"`{choice}`" for choice in arguments)
    if origin in (Union, UnionType):
        return " or ".join("null" if part is NoneType else _kind(part) for part in arguments)
    if origin is tuple:
        return "list"
    if origin is dict:
        return "mapping"
    names = {str: "text", int: "whole number", float: "number", bool: "yes / no"}
    return names.get(annotation, str(annotation))


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "(required)"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "(see `landing/settings.py`)" if value else "{}"
    if isinstance(value, tuple):
        return "`[" + ", ".join(map(str, value)) + "]`"
    return f"`{value}`"


def _is_settings(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def main(arguments: list[str]) -> None:
    """Print the reference, or put it into the files named."""
    for name in arguments:
        page = Path(name)
        page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not arguments:
        print(settings_reference())


if __name__ == "__main__":
    main(sys.argv[1:])
