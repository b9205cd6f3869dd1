"""How a better prompt is searched for."""

from pydantic import Field

from domain_ft.llm.protocol import GenerationOptions
from domain_ft.settings import Settings


class ProposalOptions(GenerationOptions):
    """How instructions are proposed: by drawing, and from long questions."""

    temperature: float = Field(1.0, ge=0, description="0 always takes the likeliest token.")
    num_ctx: int = Field(8192, ge=64, description="Tokens of prompt and answer together, at most.")
    num_predict: int = Field(512, ge=1, description="Tokens of the answer, at most.")


class PromptSearchSettings(Settings):
    """The search for a better prompt with DSPy's MIPROv2; the model that answers also proposes the instructions."""

    candidates: int = Field(
        6, ge=2, description="Instructions, and sets of examples, to choose from; the default prompt is one of them."
    )
    trials: int = Field(10, ge=1, description="Combinations of an instruction and a set of examples that are scored.")
    max_bootstrapped_demos: int = Field(
        2, ge=0, description="Examples of a set that the model has answered itself, at most."
    )
    max_labeled_demos: int = Field(
        2,
        ge=0,
        description="Examples of a set, at most, that are filled up with records of train and their own answers.",
    )
    demo_threshold: float = Field(
        0.8, gt=0, le=1, description="Score from which on an answer of the model may be an example."
    )
    train_limit: int = Field(20, ge=1, description="Records of train, drawn by seed, that examples are made from.")
    validation_limit: int = Field(
        30, ge=1, description="Records of validation, drawn by seed, that prompts are scored on."
    )
    minibatch_size: int | None = Field(
        None, ge=1, description="Score a trial on so many of these records, drawn anew; null scores it on all of them."
    )
    full_evaluation_every: int = Field(
        5, ge=1, description="With minibatches, score the best prompt on all records after every so many trials."
    )
    seed: int = Field(42, ge=0, description="Of the records that are drawn, and of the search.")
    options: GenerationOptions = Field(
        default_factory=lambda: GenerationOptions(), description="How answers are generated; as in the benchmark."
    )
    proposal: ProposalOptions = Field(
        default_factory=lambda: ProposalOptions(),
        description="How instructions are proposed; each proposal has a seed of its own.",
    )
    batch_size: int = Field(16, ge=1, description="Questions that a local model answers at once.")
