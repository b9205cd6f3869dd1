"""A configuration of a model or an adapter, read from its folder."""

import json
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError
from domain_ft.safe_text import brief


def read_configuration(path: Path) -> dict[str, Any]:
    """A JSON object; InputError where the file holds none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({brief(str(error), 200)}); copy the whole folder again") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: is no configuration; copy the whole folder again")
    return found


def read_lora(path: Path) -> dict[str, Any]:
    """An adapter's configuration, whose rank and alpha are numbers above zero; InputError where they are not."""
    found = read_configuration(path)
    for name in ("r", "lora_alpha"):
        value = found.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise InputError(
                f"{path}: {name} is {brief(repr(value))}, no number above zero; copy the whole folder again"
            )
    return found
