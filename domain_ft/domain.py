"""A domain: the settings of every stage, read from one YAML file, and what follows from them.

The YAML, the command line's `--set` and the Launchpad all end here, so that one validation and one kind of
sentence serves the three of them: where it stands, which key, what was expected, what was given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.automation.settings import AutomationSettings
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.delivery.settings import DeliverySettings
from domain_ft.domain_attributes import merged, validated
from domain_ft.domain_settings import (
    ADAPTER_FORMATS,
    FORMATS,
    JOBS,
    AdapterDomainSettings,
    DomainSettings,
    EmbeddingDomainSettings,
    HistoryDomainSettings,
    PairDomainSettings,
    one_of,
)
from domain_ft.embedding.base_choice import BaseChoice, parse_base
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.errors import InputError
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.generation.settings import GenerationSettings
from domain_ft.landing.settings import RecordSource
from domain_ft.out_of_distribution.settings import OutOfDistributionSettings
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft.prompt_search.settings import PromptSearchSettings
from domain_ft.registry.settings import AdapterPromotionSettings, EmbeddingPromotionSettings, PromotionSettings
from domain_ft.requirements.settings import RequirementAuditSettings, RequirementDatasetSettings
from domain_ft.settings import Settings
from domain_ft.store.done import ADAPTER_STAGES, STAGES
from domain_ft.survey.settings import SurveySettings
from domain_ft.yaml_text import KeyPath, YamlText, read_yaml

EMBEDDING_TYPE = "domain_ft.components.EmbeddingDomain"
ADAPTER_TYPE = "domain_ft.components.AdapterDomain"
AnyDomain = TypeVar("AnyDomain", bound="Domain")


@dataclass(frozen=True)
class Domain:
    """One domain, validated: its settings, the file they came from, and the preset in force (if any)."""

    settings: DomainSettings
    file: Path
    preset: str | None = None

    kind: ClassVar[str]
    formats: ClassVar[Mapping[str, type[DomainSettings]]]
    """What its attributes are, by `source.format`; the first is the default."""
    stages: ClassVar[tuple[str, ...]]
    """The assets from what landed to what the domain ends in, in the order in which they are made."""

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a domain's YAML; InputError names file, line and key of the first thing that is wrong."""
        document = read_yaml(file)
        kind, attributes = _kind_and_attributes(document, cls)
        domain = kind(validated(kind.formats, attributes, document), file)
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
    def automation(self) -> AutomationSettings:
        return self.settings.automation

    @property
    def job_names(self) -> tuple[str, ...]:
        """How Dagster calls the domain's jobs."""
        return tuple(f"{self.name}_{job}" for job in (*JOBS, *self.settings.presets))

    @property
    def follow_ups(self) -> tuple[str, ...]:
        """The assets beside the stages that a retrain makes once it has come to the last of them."""
        return ()

    @property
    def bases(self) -> tuple[BaseChoice, ...]:
        """The base models to compare."""
        return ()

    @property
    def promotion(self) -> PromotionSettings:
        """When a candidate becomes the champion."""
        raise NotImplementedError

    def section(self, name: str) -> Settings:
        """One of `settings.sections`, as it is in force."""
        section: Settings = getattr(self, name)
        return section

    def with_preset(self, preset: str, document: YamlText | None = None) -> Self:
        """The domain with a preset's values in place of its own."""
        if preset not in self.settings.presets:
            known = ", ".join(sorted(self.settings.presets)) or "none"
            raise InputError(f"{self.file}: {self.name} has no preset {preset!r}; it has: {known}")
        attributes = merged(self.settings.model_dump(mode="python"), self.settings.presets[preset])
        prefix: KeyPath = ("attributes", "presets", preset)
        source = document or YamlText(f"{self.file}: preset {preset}", None, {})
        return replace(self, settings=validated(self.formats, attributes, source, prefix), preset=preset)

    def with_overrides(self, overrides: Mapping[str, Any]) -> Self:
        """The domain with `section.key` -> value pairs in place of its own (from `--set` or the Launchpad)."""
        changes: dict[str, Any] = {}
        for name, value in overrides.items():
            section, *keys = name.split(".")
            if section not in self.settings.sections or not keys:
                known = one_of(tuple(self.settings.sections))
                raise InputError(f"{name}: settings are named section.key, where section is {known}")
            inner = changes.setdefault(section, {})
            for key in keys[:-1]:
                inner = inner.setdefault(key, {})
                if not isinstance(inner, dict):
                    raise InputError(f"{name}: {section}.{key} is given a value beside it; set one of the two")
            inner[keys[-1]] = value
        attributes = merged(self.settings.model_dump(mode="python"), changes)
        return replace(self, settings=validated(self.formats, attributes, YamlText("", None, {})))


@dataclass(frozen=True)
class EmbeddingDomain(Domain):
    """A domain that ends in an embedding model."""

    settings: EmbeddingDomainSettings

    kind: ClassVar[str] = "embedding"
    formats: ClassVar[Mapping[str, type[DomainSettings]]] = FORMATS
    stages: ClassVar[tuple[str, ...]] = STAGES

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
    def follow_ups(self) -> tuple[str, ...]:
        of_history = ("prioritization",) if isinstance(self.settings, HistoryDomainSettings) else ()
        return (*of_history, "index", "out_of_distribution")

    @property
    def index(self) -> IndexSettings:
        """How its passages are indexed and searched."""
        return self.settings.index

    @property
    def prioritization(self) -> PrioritizationSettings:
        """How tests are put in order; InputError where the domain holds no history of tests."""
        if not isinstance(self.settings, HistoryDomainSettings):
            raise InputError(f"{self.name} holds no test execution history, so there are no tests to put in order")
        return self.settings.prioritization

    @property
    def generation(self) -> GenerationSettings:
        """How pairs are made of documents; InputError where the domain does not learn from pairs."""
        if not isinstance(self.settings, PairDomainSettings):
            raise InputError(f"{self.name} learns from no query-passage pairs, so none are made of documents for it")
        return self.settings.generation

    @property
    def out_of_distribution(self) -> OutOfDistributionSettings:
        """How strange queries are told from its own."""
        return self.settings.out_of_distribution

    @property
    def bases(self) -> tuple[BaseChoice, ...]:
        """The base models to compare."""
        return tuple(parse_base(text) for text in self.settings.base_models)

    @property
    def benchmark(self) -> BenchmarkSettings:
        return self.settings.benchmark

    @property
    def promotion(self) -> EmbeddingPromotionSettings:
        return self.settings.promotion


@dataclass(frozen=True)
class AdapterDomain(Domain):
    """A domain of requirement records, which ends in an adapter of a language model."""

    settings: AdapterDomainSettings

    kind: ClassVar[str] = "adapter"
    formats: ClassVar[Mapping[str, type[DomainSettings]]] = ADAPTER_FORMATS
    stages: ClassVar[tuple[str, ...]] = ADAPTER_STAGES

    @property
    def audit(self) -> RequirementAuditSettings:
        return self.settings.audit

    @property
    def dataset(self) -> RequirementDatasetSettings:
        return self.settings.dataset

    @property
    def training(self) -> AdapterTrainingSettings:
        return self.settings.training

    @property
    def benchmark(self) -> ComparisonSettings:
        return self.settings.benchmark

    @property
    def promotion(self) -> AdapterPromotionSettings:
        return self.settings.promotion

    @property
    def survey(self) -> SurveySettings:
        return self.settings.survey

    @property
    def prompt(self) -> PromptSearchSettings:
        return self.settings.prompt

    @property
    def delivery(self) -> DeliverySettings:
        return self.settings.delivery


KINDS: Mapping[str, type[Domain]] = {EMBEDDING_TYPE: EmbeddingDomain, ADAPTER_TYPE: AdapterDomain}
"""What a domain is, by the `type` of its YAML file."""


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


def _kind_and_attributes(document: YamlText, expected: type[AnyDomain]) -> tuple[type[AnyDomain], dict[str, Any]]:
    """What the file describes, which must be of the expected kind, and the attributes that it gives."""
    if not isinstance(document.value, dict) or not isinstance(document.value.get("attributes"), dict):
        raise InputError(f"{document.source}:1: expected the keys `type` and `attributes`")
    given = document.value.get("type")
    known = {name: kind for name, kind in KINDS.items() if issubclass(kind, expected)}
    if not isinstance(given, str) or given not in known:
        line = document.line(("type",))
        raise InputError(f"{document.source}:{line}: type: expected {one_of(tuple(known))}; got {given!r}")
    attributes: dict[str, Any] = document.value["attributes"]
    return known[given], {key: value for key, value in attributes.items() if value is not None or key == "name"}
