"""The JSON schema by which `dg check yaml` finds the exact line of a wrong key or value in a domain's file.

It is the settings' own schema, widened where YAML parsers guess: Dagster's reads `3e-5` as text and `010` as 8, ours
takes every scalar as written, so a number may be text that looks like one. The last word is always `Domain.load`.
"""

from collections.abc import Mapping
from typing import Any

from domain_ft.domain_settings import DomainSettings

NUMBER = r"^[-+]?[0-9._]+([eE][-+]?[0-9]+)?$"
WHOLE_NUMBER = r"^[-+]?[0-9_]+(\.0*)?$"
TRUTH = "^([Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff)$"
_AS_WRITTEN: dict[str, tuple[list[str], str | None]] = {
    "number": (["number", "string"], NUMBER),
    "integer": (["integer", "string"], WHOLE_NUMBER),
    "boolean": (["boolean", "string"], TRUTH),
    "string": (["string", "number", "boolean"], None),
}


def domain_schema(formats: Mapping[str, type[DomainSettings]]) -> dict[str, Any]:
    """The schema of a domain's attributes: those of the format that its source names, the first one otherwise."""
    schemas = {name: yaml_schema(settings) for name, settings in formats.items()}
    definitions = {name: part for schema in schemas.values() for name, part in schema.pop("$defs").items()}
    chosen: dict[str, Any] = schemas.pop(next(iter(formats)))
    for name, schema in schemas.items():
        named = {"properties": {"source": {"properties": {"format": {"const": name}}, "required": ["format"]}}}
        chosen = {"if": {**named, "required": ["source"]}, "then": schema, "else": chosen}
    return {**chosen, "$defs": definitions}


def yaml_schema(settings: type[DomainSettings]) -> dict[str, Any]:
    """The settings' schema for values as a YAML file writes them; presets hold the same sections as the domain.

    An empty section (`benchmark:`) or list means its defaults. That is said by a second type and not by `anyOf`, whose
    errors point at the whole section.
    """
    schema: dict[str, Any] = _as_written(settings.model_json_schema())
    sections = {name: {"$ref": schema["properties"][name]["$ref"], "type": "object"} for name in settings.sections}
    for property_ in schema["properties"].values():
        if "$ref" in property_:
            schema["$defs"][property_["$ref"].rpartition("/")[2]]["type"] = ["object", "null"]
        elif property_.get("type") in ("array", "object"):
            property_["type"] = [property_["type"], "null"]
    schema["properties"]["presets"]["additionalProperties"] = {
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
    }
    return schema


def _as_written(node: Any) -> Any:
    """Widen every scalar of a schema; nullable scalars become one flat type, so that an error names the value."""
    if isinstance(node, list):
        return [_as_written(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: value if key == "default" else _as_written(value) for key, value in node.items()}
    if "anyOf" in node:
        return _flat(node)
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in _AS_WRITTEN or "enum" in node or "const" in node:
        return node
    types, pattern = _AS_WRITTEN[kind]
    return {**node, "type": types, **({"pattern": pattern} if pattern else {})}


def _flat(node: Mapping[str, Any]) -> dict[str, Any]:
    """`anyOf [X, null]` as one schema with the types of both, where X is a scalar; other unions stay as they are."""
    choices = [choice for choice in node["anyOf"] if choice != {"type": "null"}]
    if len(choices) != 1 or len(choices) == len(node["anyOf"]) or "type" not in choices[0]:
        return dict(node)
    (choice,) = choices
    types = choice["type"] if isinstance(choice["type"], list) else [choice["type"]]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    merged = {**rest, **choice, "type": [*types, "null"]}
    if "enum" in choice:
        merged["enum"] = [*choice["enum"], None]
    return merged
