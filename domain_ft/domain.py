"""A domain: the settings of every stage, composed from the packages below and read from one YAML file.

The YAML, the command line's `--set` and the Launchpad all end here, so that one validation and one kind of
sentence serves the three of them: where it stands, which key, what was expected, what was given.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, field_validator

from domain_ft.automation.settings import AutomationSettings
from domain_ft.embedding.base_choice import BaseChoice, parse_base
from domain_ft.embedding.settings import HistoryTrainingSettings, PairTrainingSettings, TrainingSettings
from domain_ft.errors import InputError
from domain_ft.evaluation.settings import BenchmarkSettings, HistoryBenchmarkSettings, PairBenchmarkSettings
from domain_ft.landing.settings import PairSource, RecordSource, SourceSettings
from domain_ft.mining.settings import TripletSettings
from domain_ft.pairs.settings import PairTripletSettings
from domain_ft.registry.settings import PromotionSettings
from domain_ft.safe_text import brief
from domain_ft.settings import Settings
from domain_ft.yaml_text import KeyPath, YamlText, read_yaml

DEFS_FOLDER = Path(__file__).parent / "defs"
EMBEDDING_TYPE = "domain_ft.components.EmbeddingDomain"
STAGE_SECTIONS = ("triplets", "training", "benchmark", "promotion")
"""Sections that a preset, `--set` and the Launchpad may change; where data comes from is not among them."""
JOBS = ("ingest", "retrain", "run")
"""Jobs that every domain has, beside one for each preset; named after the domain and this."""
_OTHERS = 5
"""Findings named beside the first one."""
_BaseName = Annotated[str, AfterValidator(lambda text: str(parse_base(text)))]


class EmbeddingDomainSettings(Settings):
    """The attributes of an EmbeddingDomain, as they stand in its YAML file, whatever its files hold."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Name of the domain: lower case, digits, _.")
    source: RecordSource = Field(description="What its files look like.")
    triplets: Settings = Field(description="How triplets are made.")
    training: TrainingSettings = Field(
        default_factory=lambda: TrainingSettings(), description="How a model is trained."
    )
    base_models: tuple[_BaseName, ...] = Field(
        (),
        description="Base models to compare on validation: `starter`, local folders, hub ids (`id@revision`); each is "
        "a partition of the asset base_models.",
    )
    benchmark: BenchmarkSettings = Field(
        default_factory=lambda: BenchmarkSettings(), description="How models are compared."
    )
    promotion: PromotionSettings = Field(
        default_factory=lambda: PromotionSettings(), description="When a candidate becomes the champion."
    )
    automation: AutomationSettings = Field(
        default_factory=lambda: AutomationSettings(), description="When the loop runs by itself."
    )
    presets: dict[str, dict[str, dict[str, Any]]] = Field(
        default_factory=dict, description="Named variants: section -> key -> value; each is a job in the UI."
    )
    preset_costs: dict[str, str] = Field(
        default_factory=dict, description="What each preset took where it was measured; shown with its job."
    )

    @field_validator("base_models")
    @classmethod
    def _told_apart(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) == 1:
            raise ValueError("a comparison needs two base models or more; one alone is training.base_model")
        named: dict[str, str] = {}
        for text in value:
            key = parse_base(text).key.casefold()
            if key in named:
                other = (
                    "it stands there twice"
                    if named[key] == text
                    else f"so would {named[key]}; bring one as a folder of another name"
                )
                raise ValueError(f"{text} would be the partition {parse_base(text).key}, and {other}")
            named[key] = text
        return value

    @field_validator("presets")
    @classmethod
    def _of_stage_sections(cls, value: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
        for preset, sections in value.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]*", preset) or preset in JOBS:
                raise ValueError(
                    f"{preset!r} cannot name a preset; use lower case letters, digits and _, but not {_or(JOBS)}"
                )
            for section in sections:
                if section not in STAGE_SECTIONS:
                    raise ValueError(f"preset {preset}: no section {section!r}; a preset may set {_or(STAGE_SECTIONS)}")
        return value


class HistoryDomainSettings(EmbeddingDomainSettings):
    """A domain that learns from a test execution history."""

    source: SourceSettings = Field(default_factory=lambda: SourceSettings(), description="What its files look like.")
    triplets: TripletSettings = Field(default_factory=lambda: TripletSettings(), description="How triplets are mined.")
    training: HistoryTrainingSettings = Field(
        default_factory=lambda: HistoryTrainingSettings(), description="How a model is trained."
    )
    benchmark: HistoryBenchmarkSettings = Field(
        default_factory=lambda: HistoryBenchmarkSettings(), description="How models are compared."
    )


class PairDomainSettings(EmbeddingDomainSettings):
    """A domain that learns from query-passage pairs."""

    source: PairSource = Field(default_factory=lambda: PairSource(), description="What its files look like.")
    triplets: PairTripletSettings = Field(
        default_factory=lambda: PairTripletSettings(), description="How pairs become triplets."
    )
    training: PairTrainingSettings = Field(
        default_factory=lambda: PairTrainingSettings(), description="How a model is trained."
    )
    benchmark: PairBenchmarkSettings = Field(
        default_factory=lambda: PairBenchmarkSettings(), description="How models are compared."
    )


FORMATS: Mapping[str, type[EmbeddingDomainSettings]] = {
    "execution_history": HistoryDomainSettings,
    "pairs": PairDomainSettings,
}
"""What a domain's attributes are, by `source.format`; the first is the default."""
DEFAULT_FORMAT = next(iter(FORMATS))


@dataclass(frozen=True)
class Domain:
    """One domain, validated: its settings, the file they came from, and the preset in force (if any)."""

    settings: EmbeddingDomainSettings
    file: Path
    preset: str | None = None
    kind: str = "embedding"

    @classmethod
    def load(cls, file: Path) -> "Domain":
        """Read a domain's YAML; InputError names file, line and key of the first thing that is wrong."""
        document = read_yaml(file)
        attributes = _attributes(document)
        domain = cls(_validated(attributes, document), file)
        for preset in domain.settings.presets:
            domain.with_preset(preset, document)
        return domain

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def source(self) -> RecordSource:
        return self.settings.source

    @property
    def triplets(self) -> Settings:
        return self.settings.triplets

    @property
    def training(self) -> TrainingSettings:
        """How a model is trained; its checkpoints are chosen by the primary metric unless another one is named."""
        training = self.settings.training
        metric = training.validation_metric or self.settings.benchmark.primary_metric
        return training.model_copy(update={"validation_metric": metric})

    @property
    def bases(self) -> tuple[BaseChoice, ...]:
        """The base models to compare."""
        return tuple(parse_base(text) for text in self.settings.base_models)

    @property
    def benchmark(self) -> BenchmarkSettings:
        return self.settings.benchmark

    @property
    def promotion(self) -> PromotionSettings:
        return self.settings.promotion

    @property
    def automation(self) -> AutomationSettings:
        return self.settings.automation

    @property
    def job_names(self) -> tuple[str, ...]:
        """How Dagster calls the domain's jobs."""
        return tuple(f"{self.name}_{job}" for job in (*JOBS, *self.settings.presets))

    def with_preset(self, preset: str, document: YamlText | None = None) -> "Domain":
        """The domain with a preset's values in place of its own."""
        if preset not in self.settings.presets:
            known = ", ".join(sorted(self.settings.presets)) or "none"
            raise InputError(f"{self.file}: {self.name} has no preset {preset!r}; it has: {known}")
        attributes = _merged(self.settings.model_dump(mode="python"), self.settings.presets[preset])
        prefix: KeyPath = ("attributes", "presets", preset)
        source = document or YamlText(f"{self.file}: preset {preset}", None, {})
        return Domain(_validated(attributes, source, prefix), self.file, preset)

    def with_overrides(self, overrides: Mapping[str, Any]) -> "Domain":
        """The domain with `section.key` -> value pairs in place of its own (from `--set` or the Launchpad)."""
        changes: dict[str, Any] = {}
        for name, value in overrides.items():
            section, *keys = name.split(".")
            if section not in STAGE_SECTIONS or not keys:
                raise InputError(f"{name}: settings are named section.key, where section is {_or(STAGE_SECTIONS)}")
            inner = changes.setdefault(section, {})
            for key in keys[:-1]:
                inner = inner.setdefault(key, {})
                if not isinstance(inner, dict):
                    raise InputError(f"{name}: {section}.{key} is given a value beside it; set one of the two")
            inner[keys[-1]] = value
        attributes = _merged(self.settings.model_dump(mode="python"), changes)
        return Domain(_validated(attributes, YamlText("", None, {})), self.file, self.preset)


def domain_files(folder: Path = DEFS_FOLDER) -> list[Path]:
    """The YAML files of all domains, in the order of their names."""
    return sorted(folder.glob("*/defs.yaml"))


def all_domains(folder: Path = DEFS_FOLDER) -> list[Domain]:
    """Every domain; InputError where two files claim one name."""
    domains: dict[str, Domain] = {}
    for file in domain_files(folder):
        domain = Domain.load(file)
        if domain.name in domains:
            first = domains[domain.name].file
            raise InputError(f"{file}: name: {domain.name!r} is the name of {first}, too; give each domain its own")
        domains[domain.name] = domain
    return list(domains.values())


def find_domain(name: str, folder: Path = DEFS_FOLDER) -> Domain:
    """The domain of that name; InputError lists those that exist."""
    named_alike = folder / name / "defs.yaml"
    files = domain_files(folder)
    if named_alike in files:
        files = [named_alike, *(file for file in files if file != named_alike)]
    known = []
    for file in files:
        domain = Domain.load(file)
        if domain.name == name:
            return domain
        known.append(domain.name)
    close = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise InputError(f"unknown domain {name!r}; there are: {', '.join(known) or 'none'}{hint}")


def parse_override(text: str) -> tuple[str, str | None]:
    """Split `training.epochs=3` into name and value; `null` as a value means none.

    A value within quotation marks is the text between them, spaces at its ends too.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"--set {text}: expected section.key=value, such as training.epochs=3")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return name.strip(), value[1:-1]
    return name.strip(), None if value in ("null", "~", "") else value


def _attributes(document: YamlText) -> dict[str, Any]:
    if not isinstance(document.value, dict) or not isinstance(document.value.get("attributes"), dict):
        raise InputError(f"{document.source}:1: expected the keys `type` and `attributes`")
    if document.value.get("type") != EMBEDDING_TYPE:
        line = document.line(("type",))
        raise InputError(
            f"{document.source}:{line}: type: expected {EMBEDDING_TYPE}; got {document.value.get('type')!r}"
        )
    attributes: dict[str, Any] = document.value["attributes"]
    return {key: value for key, value in attributes.items() if value is not None or key == "name"}


def _validated(
    attributes: dict[str, Any], document: YamlText, prefix: KeyPath = ("attributes",)
) -> EmbeddingDomainSettings:
    model = _settings_class(attributes, document)
    try:
        return model.model_validate(attributes)
    except ValidationError as error:
        first, *others = _sentences(error, document, prefix, model)
        shown = "; ".join(others[:_OTHERS]) + ("; ..." if len(others) > _OTHERS else "")
        more = f" (and {len(others)} more: {shown})" if others else ""
        raise InputError(first + more) from None


def _settings_class(attributes: Mapping[str, Any], document: YamlText) -> type[EmbeddingDomainSettings]:
    """What the attributes are to be, by the format of the files."""
    source = attributes.get("source")
    given = source.get("format", DEFAULT_FORMAT) if isinstance(source, Mapping) else DEFAULT_FORMAT
    if not isinstance(given, str) or given not in FORMATS:
        where = _where(document, ("attributes", "source", "format"))
        raise InputError(f"{where}source.format: expected {_or(tuple(FORMATS))}; got {_shown(given)}")
    return FORMATS[given]


def _sentences(
    error: ValidationError, document: YamlText, prefix: KeyPath, model: type[EmbeddingDomainSettings]
) -> Iterator[str]:
    """`file:line: key: what is wrong; got ...`, one for each finding of pydantic."""
    for finding in error.errors(include_url=False):
        path = tuple(finding["loc"])
        key = brief(".".join(str(part) for part in path))
        where = _where(document, (*prefix, *path))
        if finding["type"] == "extra_forbidden":
            yield f"{where}{key}: no such setting{_suggestion(path, model)}"
        elif finding["type"] == "missing":
            yield f"{where}{key}: is missing"
        else:
            message = finding["msg"].removeprefix("Value error, ")
            yield f"{where}{key}: {message[0].lower()}{message[1:]}; got {_shown(finding['input'])}"


def _where(document: YamlText, path: KeyPath) -> str:
    """`file:line: ` as the beginning of a sentence, as far as it is known."""
    return (
        f"{document.source}:{document.line(path)}: " if document.lines else document.source and f"{document.source}: "
    )


def _suggestion(path: KeyPath, settings: type[EmbeddingDomainSettings]) -> str:
    inner: Any = settings
    for part in path[:-1]:
        field = getattr(inner, "model_fields", {}).get(str(part))
        inner = field.annotation if field else None
    known = list(getattr(inner, "model_fields", {}))
    close = difflib.get_close_matches(str(path[-1]), known, 1)
    return f"; did you mean {close[0]}?" if close else f"; known are: {', '.join(known)}"


def _shown(value: Any) -> str:
    return brief(repr(value))


def _merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, Mapping) else value
    return merged


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
