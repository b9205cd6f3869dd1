"""What is asked of requirement records."""

import re

from pydantic import Field, field_validator

from domain_ft.requirements.fix import Form
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.settings import Settings
from domain_ft.splits.settings import GroupSplitSettings


class RequirementAuditSettings(Settings):
    """What the audit of requirement records looks at beside each record by itself."""

    near_duplicate: float | None = Field(
        0.9,
        gt=0,
        lt=1,
        description="Records count as nearly the same from this similarity on (Jaccard of the runs of three "
        "words in all their texts); null leaves the search out.",
    )
    mojibake: bool = Field(True, description="Look for texts that were decoded by the wrong encoding (by ftfy).")
    token_sample: int = Field(
        1000, ge=0, description="Records whose tokens are counted (by the starter's tokenizer); 0 counts none."
    )
    examples: int = Field(5, ge=0, description="Examples shown of each kind of issue.")


class RequirementSplitSettings(GroupSplitSettings):
    """Shares of the concept families."""

    family_pattern: str = Field(
        r"^(.+?) for ",
        description="Where a record names no family: what its concept begins with, as the first group of this regular "
        "expression (of the concept in lower case).",
    )
    near_duplicate: float = Field(
        0.9, gt=0, lt=1, description="Concepts this similar (Jaccard of character 5-grams) stand in one split."
    )

    @field_validator("family_pattern")
    @classmethod
    def _has_one_group(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from None
        if groups < 1:
            raise ValueError("needs a group in brackets, which is the family")
        return value


class RequirementFilterSettings(Settings):
    """Which records are good enough to learn from."""

    threshold: float | None = Field(None, ge=0, le=1, description="Score that a record must reach; null for none.")
    minimum: int = Field(1, ge=1, description="Records that must reach it, or nothing is taken.")
    allow_below: int = Field(0, ge=0, description="Records below it that may fill up to the minimum, marked as such.")


class RequirementFixSettings(Settings):
    """What is repaired, and how lists are written."""

    form: Form = Field("as_given", description="Lists as they came, as lists of objects, or each as YAML text.")
    renumber: bool = Field(False, description="Number the requirements of a list by their order, whatever their ids.")


class RequirementDatasetSettings(Settings):
    """How landed records become train, validation and test."""

    fix: RequirementFixSettings = Field(default_factory=lambda: RequirementFixSettings(), description="The repairs.")
    score: ScoreSettings = Field(default_factory=lambda: ScoreSettings(), description="The requirements score.")
    filter: RequirementFilterSettings = Field(
        default_factory=lambda: RequirementFilterSettings(), description="Which records are good enough."
    )
    split: RequirementSplitSettings = Field(
        default_factory=lambda: RequirementSplitSettings(), description="The line along which is split."
    )
    seed: int = Field(42, ge=0, description="Of the split.")
    evaluation_file: str | None = Field(
        None,
        description="Records curated by people, a JSONL file: published as curated.jsonl beside the parts. What is of "
        "a concept in it, nearly so, or of one's family is left out of train and validation.",
    )
    minimum: int = Field(20, ge=1, description="Training records, at least.")
