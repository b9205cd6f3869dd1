"""The attributes of a domain, given in its file, by a preset or one by one, as the settings that they are to be."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from domain_ft.domain_settings import DomainSettings, one_of
from domain_ft.errors import InputError
from domain_ft.safe_text import brief
from domain_ft.yaml_findings import finding_sentences, place
from domain_ft.yaml_text import KeyPath, YamlText

_OTHERS = 5
"""Findings named beside the first one."""


def validated(
    formats: Mapping[str, type[DomainSettings]],
    attributes: dict[str, Any],
    document: YamlText,
    prefix: KeyPath = ("attributes",),
) -> Any:
    """The settings; InputError names the first thing that is wrong, with its place in the document, and some more."""
    model = _settings_class(formats, attributes, document)
    try:
        return model.model_validate(attributes)
    except ValidationError as error:
        first, *others = finding_sentences(error, document, prefix, model)
        shown = "; ".join(others[:_OTHERS]) + ("; ..." if len(others) > _OTHERS else "")
        more = f" (and {len(others)} more: {shown})" if others else ""
        raise InputError(first + more) from None


def _settings_class(
    formats: Mapping[str, type[DomainSettings]], attributes: Mapping[str, Any], document: YamlText
) -> type[DomainSettings]:
    """What the attributes are to be, by the format of the files."""
    default = next(iter(formats))
    source = attributes.get("source")
    given = source.get("format", default) if isinstance(source, Mapping) else default
    if not isinstance(given, str) or given not in formats:
        where = place(document, ("attributes", "source", "format"))
        raise InputError(f"{where}source.format: expected {one_of(tuple(formats))}; got {brief(repr(given))}")
    return formats[given]


def merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, with changes to some of its keys; sections are merged key by key."""
    found = dict(base)
    for key, value in changes.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, Mapping) else value
    return found
