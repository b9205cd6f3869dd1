"""What may stand in a domain's YAML file: the settings of every stage, composed from the packages that own them.

There are two kinds of domain, told apart by `type`: those that end in an embedding model, and those that end in an
adapter of a language model. What their files hold is told by `source.format`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, field_validator
from pydantic.fields import FieldInfo

from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.automation.settings import AutomationSettings
from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.delivery.settings import DeliverySettings
from domain_ft.embedding.base_choice import parse_base
from domain_ft.embedding.settings import HistoryTrainingSettings, PairTrainingSettings, TrainingSettings
from domain_ft.evaluation.settings import BenchmarkSettings, HistoryBenchmarkSettings, PairBenchmarkSettings
from domain_ft.generation.settings import GenerationSettings
from domain_ft.landing.settings import PairSource, RecordSource, RequirementSource, SourceSettings
from domain_ft.mining.settings import TripletSettings
from domain_ft.out_of_distribution.settings import OutOfDistributionSettings
from domain_ft.pairs.settings import PairTripletSettings
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft.prompt_search.settings import PromptSearchSettings
from domain_ft.registry.settings import AdapterPromotionSettings, EmbeddingPromotionSettings
from domain_ft.requirements.settings import RequirementAuditSettings, RequirementDatasetSettings
from domain_ft.settings import Settings
from domain_ft.survey.settings import SurveySettings

JOBS = ("ingest", "retrain", "run", "generate")
"""Jobs of domains beside one for each preset, named after the domain and this; of pairs alone is `generate`."""
_BaseName = Annotated[str, AfterValidator(lambda text: str(parse_base(text)))]


class DomainSettings(Settings):
    """The attributes of a domain, as they stand in its YAML file, whatever it ends in."""

    sections: ClassVar[Mapping[str, str]]
    """Section that a preset, `--set` and the Launchpad may change -> asset in whose config its settings stand. Where
    data comes from is not among them."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Name of the domain: lower case, digits, _.")
    source: RecordSource = Field(description="What its files look like.")
    automation: AutomationSettings = Field(
        default_factory=lambda: AutomationSettings(), description="When the loop runs by itself."
    )
    presets: dict[str, dict[str, dict[str, Any]]] = Field(
        default_factory=dict, description="Named variants: section -> key -> value; each is a job in the UI."
    )
    preset_costs: dict[str, str] = Field(
        default_factory=dict, description="What each preset took where it was measured; shown with its job."
    )

    @field_validator("presets")
    @classmethod
    def _of_stage_sections(cls, value: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
        for preset, sections in value.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]*", preset) or preset in JOBS:
                raise ValueError(
                    f"{preset!r} cannot name a preset; use lower case letters, digits and _, but not {one_of(JOBS)}"
                )
            for section in sections:
                if section not in cls.sections:
                    may = one_of(tuple(cls.sections))
                    raise ValueError(f"preset {preset}: no section {section!r}; a preset may set {may}")
        return value


class EmbeddingDomainSettings(DomainSettings):
    """The attributes of an EmbeddingDomain, whatever its files hold."""

    sections: ClassVar[Mapping[str, str]] = {
        "triplets": "triplets",
        "training": "embedding_model",
        "benchmark": "benchmark",
        "promotion": "champion",
        "index": "index",
        "out_of_distribution": "out_of_distribution",
    }

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
    promotion: EmbeddingPromotionSettings = Field(
        default_factory=lambda: EmbeddingPromotionSettings(), description="When a candidate becomes the champion."
    )
    index: IndexSettings = Field(
        default_factory=lambda: IndexSettings(), description="How its passages are indexed and searched."
    )
    out_of_distribution: OutOfDistributionSettings = Field(
        default_factory=lambda: OutOfDistributionSettings(), description="How strange queries are told from its own."
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


class HistoryDomainSettings(EmbeddingDomainSettings):
    """A domain that learns from a test execution history."""

    sections: ClassVar[Mapping[str, str]] = {
        **EmbeddingDomainSettings.sections,
        "prioritization": "prioritization",
    }

    source: SourceSettings = Field(default_factory=lambda: SourceSettings(), description="What its files look like.")
    triplets: TripletSettings = Field(default_factory=lambda: TripletSettings(), description="How triplets are mined.")
    training: HistoryTrainingSettings = Field(
        default_factory=lambda: HistoryTrainingSettings(), description="How a model is trained."
    )
    benchmark: HistoryBenchmarkSettings = Field(
        default_factory=lambda: HistoryBenchmarkSettings(), description="How models are compared."
    )
    prioritization: PrioritizationSettings = Field(
        default_factory=lambda: PrioritizationSettings(), description="How tests are put in order."
    )


class PairDomainSettings(EmbeddingDomainSettings):
    """A domain that learns from query-passage pairs."""

    sections: ClassVar[Mapping[str, str]] = {**EmbeddingDomainSettings.sections, "generation": "generated_pairs"}

    source: PairSource = Field(default_factory=lambda: PairSource(), description="What its files look like.")
    generation: GenerationSettings = Field(
        default_factory=lambda: GenerationSettings(), description="How pairs are made of papers and manuals."
    )
    triplets: PairTripletSettings = Field(
        default_factory=lambda: PairTripletSettings(), description="How pairs become triplets."
    )
    training: PairTrainingSettings = Field(
        default_factory=lambda: PairTrainingSettings(), description="How a model is trained."
    )
    benchmark: PairBenchmarkSettings = Field(
        default_factory=lambda: PairBenchmarkSettings(), description="How models are compared."
    )


class AdapterDomainSettings(DomainSettings):
    """The attributes of an AdapterDomain: requirement records, and what is made of them."""

    sections: ClassVar[Mapping[str, str]] = {
        "audit": "audit",
        "dataset": "fixed",
        "training": "lora_adapter",
        "benchmark": "benchmark",
        "promotion": "champion",
        "survey": "model_survey",
        "prompt": "optimized_prompt",
        "delivery": "ollama_model",
    }

    source: RequirementSource = Field(
        default_factory=lambda: RequirementSource(), description="What its files look like."
    )
    audit: RequirementAuditSettings = Field(
        default_factory=lambda: RequirementAuditSettings(), description="What is looked for in what landed."
    )
    dataset: RequirementDatasetSettings = Field(
        default_factory=lambda: RequirementDatasetSettings(), description="How records are repaired and divided."
    )
    training: AdapterTrainingSettings = Field(
        default_factory=lambda: AdapterTrainingSettings(), description="How an adapter is trained."
    )
    benchmark: ComparisonSettings = Field(
        default_factory=lambda: ComparisonSettings(), description="How its answers are compared with others."
    )
    promotion: AdapterPromotionSettings = Field(
        default_factory=lambda: AdapterPromotionSettings(), description="When a candidate becomes the champion."
    )
    prompt: PromptSearchSettings = Field(
        default_factory=lambda: PromptSearchSettings(), description="How a better prompt is searched for."
    )
    delivery: DeliverySettings = Field(
        default_factory=lambda: DeliverySettings(), description="How the champion is brought to an Ollama server."
    )
    survey: SurveySettings = Field(
        default_factory=lambda: SurveySettings(),
        description="Local models to ask for requirements; each is a partition of the asset model_survey.",
    )


FORMATS: Mapping[str, type[EmbeddingDomainSettings]] = {
    "execution_history": HistoryDomainSettings,
    "pairs": PairDomainSettings,
}
"""What an embedding domain's attributes are, by `source.format`; the first is the default."""
ADAPTER_FORMATS: Mapping[str, type[AdapterDomainSettings]] = {"requirements": AdapterDomainSettings}
"""The same of an adapter domain."""


def reading_order(settings: type[DomainSettings]) -> list[tuple[str, FieldInfo]]:
    """The fields as a person reads them: from the source to what is made of it, then when that happens by itself."""
    last = ("automation", "presets", "preset_costs")
    return sorted(settings.model_fields.items(), key=lambda item: last.index(item[0]) + 1 if item[0] in last else 0)


def one_of(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
