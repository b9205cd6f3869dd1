"""`dg scaffold defs domain_ft.components.EmbeddingDomain <name>` (or AdapterDomain): a complete, valid `defs.yaml`.

The file is generated from the settings classes, so that it never names a setting that is gone, and every value in it
is the default: a line that a person deletes changes nothing.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any, Literal

import dagster as dg
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from domain_ft.domain import ADAPTER_TYPE, EMBEDDING_TYPE, KINDS
from domain_ft.domain_settings import reading_order
from domain_ft.errors import InputError

WIDTH = 118
_OWN_WORDS = ("name", "presets", "preset_costs")
_GUESSED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
PRESETS = """
  # Named variants of the settings above: section -> key -> value. Each becomes a job, {name}_<preset>.
  presets:
"""
_PRESETS = {
    "embedding": """\
    smoke: {triplets: {sample_size: 5000}, training: {max_steps: 10}, benchmark: {split: validation}}
    quick: {training: {epochs: 1}}
    full: {}
""",
    "adapter": """\
    quick: {audit: {near_duplicate: null}}
    strict: {dataset: {filter: {threshold: 0.8}}}
    full: {}
""",
}
"""Presets to begin with, by the kind of domain."""


class ScaffoldParameters(BaseModel):
    """What `dg scaffold defs` may be told beside the name."""

    source: Literal["execution_history", "pairs"] = Field(
        "execution_history", description="What the files hold: a test execution history, or query-passage pairs."
    )


class EmbeddingDomainScaffolder(dg.Scaffolder[ScaffoldParameters]):
    """Writes the YAML of a new domain that is named like its folder."""

    @classmethod
    def get_scaffold_params(cls) -> type[ScaffoldParameters]:
        return ScaffoldParameters

    def scaffold(self, request: dg.ScaffoldRequest[ScaffoldParameters]) -> None:
        _write(request, EMBEDDING_TYPE, request.params.source)


class AdapterDomainScaffolder(dg.Scaffolder[BaseModel]):
    """Writes the YAML of a new domain of requirement records."""

    def scaffold(self, request: dg.ScaffoldRequest[BaseModel]) -> None:
        _write(request, ADAPTER_TYPE)


def _write(request: dg.ScaffoldRequest[Any], kind: str, source: str | None = None) -> None:
    if request.scaffold_format != "yaml" or request.append:
        raise InputError("a domain is one YAML file of its own; leave out --format python and --append")
    file = request.target_path / "defs.yaml"
    if file.exists():
        raise InputError(f"{file}: stands there already; choose another name, or edit it")
    file.write_text(domain_yaml(request.target_path.name, kind, source), encoding="utf-8")


def domain_yaml(name: str, kind: str = EMBEDDING_TYPE, source: str | None = None) -> str:
    """The text of a new domain's file: every setting with its default and what it means.

    `kind` is the `type` of the file, and `source` the format of what lands (by default the kind's first).
    """
    formats = KINDS[kind].formats
    settings = formats[source or next(iter(formats))]
    pattern = next(item.pattern for item in settings.model_fields["name"].metadata if _patterned(item))
    if not re.fullmatch(pattern, name):
        raise InputError(f"{name!r} cannot name a domain; use lower case letters, digits and _, a letter first")
    fields = {key: field for key, field in reading_order(settings) if key not in _OWN_WORDS}
    lines = [
        f"# The domain {name}: what its files look like and what is made of them.",
        "# Fill in `source.columns` with your own column names; everything else may stay as it is.",
        f"# Then drop a file into data/{name}/landing/ and start the job {name}_quick.",
        f"type: {kind}",
        "attributes:",
        f"  name: {name}",
        *(line for key, field in fields.items() for line in ("", *_field_lines(key, field, 2))),
        "",
    ]
    return "\n".join(lines) + PRESETS.format(name=name) + _PRESETS[KINDS[kind].kind]


def _patterned(item: Any) -> bool:
    return getattr(item, "pattern", None) is not None


def _field_lines(name: str, field: FieldInfo, indent: int) -> Iterator[str]:
    pad = " " * indent
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        yield f"{pad}# {field.description}"
        yield f"{pad}{name}:"
        for key, inner in type(value).model_fields.items():
            yield from _field_lines(key, inner, indent + 2)
    else:
        text = f"{pad}{name}: {_scalar(value)}"
        comment = f"# {field.description}{_choices(field)}"
        if len(text) + 2 + len(comment) <= WIDTH:
            yield f"{text}  {comment}"
        else:
            yield from (f"{pad}{line}" for line in textwrap.wrap(comment, WIDTH - indent, subsequent_indent="# "))
            yield from _wrapped(text, pad)


def _choices(field: FieldInfo) -> str:
    choices = getattr(field.annotation, "__args__", ())
    texts = [choice for choice in choices if isinstance(choice, str)]
    return f" One of: {', '.join(texts)}." if len(texts) > 1 else ""


def _wrapped(text: str, pad: str) -> Iterator[str]:
    """A long flow mapping over several lines."""
    while len(text) > WIDTH and (cut := text.rfind(", ", 0, WIDTH)) > 0:
        yield text[: cut + 1]
        text = f"{pad}  {text[cut + 2 :]}"
    yield text


def _scalar(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_scalar(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_scalar(inner) for inner in value) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        return f'"{value}"' if value.casefold() in _GUESSED else value
    return json.dumps(value, ensure_ascii=False)
