"""What the requirements score asks for."""

from pydantic import Field, model_validator

from domain_ft.settings import Settings


class ScoreWeights(Settings):
    """How much each component of the score weighs; only their ratios count."""

    extractable: float = Field(0.05, ge=0, description="Requirements were found in the answer.")
    parses: float = Field(0.1, ge=0, description="They parse as YAML or JSON.")
    schema_complete: float = Field(0.1, ge=0, description="Title, description and the three lists say something.")
    counts: float = Field(0.1, ge=0, description="Each list has two requirements or more.")
    ids: float = Field(0.1, ge=0, description="Each id is the one of its place: FR001, FR002, ...")
    priorities: float = Field(0.05, ge=0, description="Each priority is High, Medium or Low.")
    descriptions: float = Field(0.1, ge=0, description="Texts are of a sensible length, and no two are equal.")
    grounding: float = Field(0.25, ge=0, description="Title and requirements are about the concept.")
    originality: float = Field(0.15, ge=0, description="No requirement is a sentence that answers many concepts.")

    @model_validator(mode="after")
    def _weighs(self) -> "ScoreWeights":
        if not any(self.model_dump().values()):
            raise ValueError("at least one component must weigh something")
        return self


class ScoreSettings(Settings):
    """What the requirements score asks for."""

    weights: ScoreWeights = Field(default_factory=lambda: ScoreWeights(), description="Of the components.")
    grounded_share: float = Field(
        0.5, gt=0, le=1, description="Share of the requirements that name something of the concept, for full marks."
    )
    covered_share: float = Field(
        0.4,
        gt=0,
        le=1,
        description="Share of the concept's words (rare ones weigh more) in the answer, for full marks.",
    )
    boilerplate_share: float = Field(
        0.05, gt=0, lt=1, description="A sentence that answers more than this share of the concepts is boilerplate."
    )
