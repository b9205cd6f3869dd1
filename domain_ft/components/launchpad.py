"""What a person may change for one run in the Launchpad, and the settings that a run therefore works with.

Dagster wants flat, simple config, so every section becomes one flat schema made from its fields; choices are refused
before launch, the rest by `Domain` as the first thing in a step. No field has a default in the schema: the Launchpad
fills those in, and what stands there counts as given. So it starts empty, and effective = domain + preset + given.
"""

import json
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union

import dagster as dg
from pydantic import BaseModel

from domain_ft.domain import AnyDomain, Domain
from domain_ft.errors import InputError
from domain_ft.settings import Settings

PRESET_TAG = "domain_ft/preset"
DOMAIN_TAG = "domain_ft/domain"


def asset_key(domain: str, name: str) -> dg.AssetKey:
    return dg.AssetKey([domain, name])


def op_name(domain: str, asset: str) -> str:
    """How Dagster names the step of an asset, in run config among others."""
    return asset_key(domain, asset).to_python_identifier()


def section_config(section: str, settings: Settings) -> dict[str, dg.Field]:
    """A flat schema for a section in which nothing must be given; the descriptions tell the domain's own values."""
    return {
        "_".join(path): dg.Field(
            _schema_type(f"{section}_{'_'.join(path)}", annotation),
            is_required=False,
            description=f"{description} (here: {_shown(value)})".strip(),
        )
        for path, annotation, value, description in _flat_fields(settings)
    }


def effective_domain(domain: AnyDomain, run: dg.DagsterRun, **stand_at: str) -> AnyDomain:
    """The domain as this run uses it, the same in all its steps; InputError names the wrong key and value.

    `stand_at` names the assets in whose config a section's settings stand where that is not the section's own.
    """
    preset = run.tags.get(PRESET_TAG)
    if preset is not None:
        domain = domain.with_preset(preset)
    overrides = given_overrides(domain, run.run_config, **stand_at)
    return domain.with_overrides(overrides) if overrides else domain


def given_overrides(domain: Domain, run_config: Mapping[str, Any], **stand_at: str) -> dict[str, Any]:
    """`section.key` -> value for every setting that the run config really names, whichever step it stands at."""
    overrides: dict[str, Any] = {}
    for section, asset in {**domain.settings.sections, **stand_at}.items():
        given = _op_config(domain, asset, run_config)
        names = {"_".join(path): path for path, *_ in _flat_fields(domain.section(section))}
        overrides |= {".".join((section, *names[key])): value for key, value in given.items() if key in names}
    return overrides


def launchpad_config(domain: Domain, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The run config that says `section.key` -> value: what `--set` becomes where a Dagster job does the work."""
    domain.with_overrides(overrides)
    ops: dict[str, Any] = {}
    for name, value in overrides.items():
        section, *path = name.split(".")
        if domain.settings.sections[section] not in domain.stages:
            raise InputError(f"{name}: has no effect here; no step of a run uses {section}")
        fields = {tuple(field): annotation for field, annotation, *_ in _flat_fields(domain.section(section))}
        if tuple(path) not in fields:
            raise InputError(f"{name}: stands in the YAML only; it cannot be set for a single run")
        config = ops.setdefault(op_name(domain.name, domain.settings.sections[section]), {"config": {}})["config"]
        typed = _typed(domain.with_overrides({name: value}), section, path)
        config["_".join(path)] = str(typed) if _is_text(fields[tuple(path)]) and typed is not None else typed
    return {"ops": ops} if ops else {}


def with_files(config: Mapping[str, Any], domain: Domain, files: Sequence[Path]) -> dict[str, Any]:
    """The run config with the files that the first stage shall read."""
    ops = {**config.get("ops", {}), op_name(domain.name, "raw"): {"config": {"files": [str(file) for file in files]}}}
    return {**config, "ops": ops}


def _typed(domain: Domain, section: str, path: list[str]) -> Any:
    value: Any = domain.section(section)
    for key in path:
        value = getattr(value, key)
    return list(value) if isinstance(value, tuple) else value


def _op_config(domain: Domain, asset: str, run_config: Mapping[str, Any]) -> dict[str, Any]:
    op = (run_config.get("ops") or {}).get(op_name(domain.name, asset)) or {}
    return dict(op.get("config") or {})


def _flat_fields(settings: BaseModel) -> Iterator[tuple[tuple[str, ...], Any, Any, str]]:
    """Path, type, value and description of each field that Dagster's config can hold; sections within are flattened."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            for path, *rest in _flat_fields(value):
                yield (name, *path), *rest  # type: ignore[misc]
        elif (annotation := _config_type(field.annotation)) is not None:
            yield (name,), annotation, list(value) if isinstance(value, tuple) else value, field.description or ""


def _config_type(annotation: Any) -> Any:
    """The type as a config can hold it, or None where it has no counterpart there."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (str, int, float, bool) or _is_choice(annotation):
        return annotation
    if origin is tuple and arguments[1:] == (...,) and (arguments[0] is str or _is_choice(arguments[0])):
        return list[arguments[0]]  # type: ignore[valid-type]
    if origin in (Union, UnionType):
        inner = [argument for argument in arguments if argument is not NoneType]
        if len(inner) == 1 and inner[0] in (str, int, float, bool):
            return inner[0] | None
        if inner == [tuple[int, ...]]:
            return list[int] | None
        if any(_is_choice(argument) for argument in inner):
            return str | None  # a number or a word
    return None


def _schema_type(name: str, annotation: Any) -> Any:
    """What Dagster calls a type of `_config_type`; `name` becomes the name of a choice."""
    arguments = typing.get_args(annotation)
    if _is_choice(annotation):
        return dg.Enum(name, [dg.EnumValue(choice) for choice in arguments])
    if typing.get_origin(annotation) is list:
        return dg.Array(_schema_type(name, arguments[0]))
    return dg.Noneable(_schema_type(name, arguments[0])) if arguments else annotation


def _shown(value: Any) -> str:
    """A value as it is written in YAML and in the Launchpad."""
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value


def _is_text(annotation: Any) -> bool:
    return annotation is str or annotation == str | None


def _is_choice(annotation: Any) -> bool:
    return typing.get_origin(annotation) is typing.Literal
