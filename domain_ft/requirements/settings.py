"""What is asked of requirement records."""

from pydantic import Field

from domain_ft.settings import Settings


class RequirementAuditSettings(Settings):
    """What the audit of requirement records looks at beside each record by itself."""

    near_duplicate: float | None = Field(
        0.9,
        gt=0,
        lt=1,
        description="Records count as nearly the same from this similarity on (Jaccard of character 5-grams of all "
        "their texts); null leaves the search out.",
    )
    mojibake: bool = Field(True, description="Look for texts that were decoded by the wrong encoding (by ftfy).")
    token_sample: int = Field(
        1000, ge=0, description="Records whose tokens are counted (by the starter's tokenizer); 0 counts none."
    )
    examples: int = Field(5, ge=0, description="Examples shown of each kind of issue.")
