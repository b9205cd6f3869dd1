"""What is asked of query-passage pairs when they land, and how they become triplets."""

from typing import Literal, get_args

from pydantic import Field, field_validator

from domain_ft.settings import Settings, listed
from domain_ft.splits.settings import GroupSplitSettings

Mode = Literal["quarantine", "warn", "off"]
Rule = Literal[
    "query_too_short", "passage_too_short", "query_too_long", "passage_too_long", "mojibake", "template_query",
    "page_marker", "dot_leaders", "query_equals_passage", "negative_equals_positive", "negative_is_positive",
    "near_duplicate_query", "near_duplicate_passage",
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)
AMONG_ROWS: tuple[Rule, ...] = ("negative_is_positive", "near_duplicate_query", "near_duplicate_passage")
"""Rules that compare a row with others, of earlier files too: they warn. Which of several rows should go is not theirs
to say, and what was accepted would depend on the order in which files land."""


class AuditSettings(Settings):
    """Rules for the text of a pair, each of which may put a row into quarantine, warn of it, or be off.

    An empty query or passage is always put into quarantine, and an exact duplicate is always counted as one. A rule
    about texts looks at all of a row's, its context (asked for or not) and its negative too. A negative that breaks a
    rule in quarantine mode is dropped and counted, and the pair is kept. The last three rules compare rows, and so
    only warn: no dataset uses such a negative, or divides near duplicates by its split.
    """

    query_too_short: Mode = Field("quarantine", description="The query has fewer words than `least_query_words`.")
    passage_too_short: Mode = Field("quarantine", description="The passage has fewer than `least_passage_words`.")
    query_too_long: Mode = Field("warn", description="The query has more tokens than `most_tokens`.")
    passage_too_long: Mode = Field(
        "warn", description="Passage, context or negative has more tokens than `most_tokens`."
    )
    mojibake: Mode = Field("warn", description="A text of the row was decoded by the wrong encoding (by ftfy).")
    template_query: Mode = Field("warn", description="The query is a question form around hardly a word.")
    page_marker: Mode = Field("warn", description="A text has a page number or a ruled line of the source in it.")
    dot_leaders: Mode = Field("warn", description="A text has dot leaders: a line of a table of contents.")
    query_equals_passage: Mode = Field("quarantine", description="Query and passage say the same.")
    negative_equals_positive: Mode = Field("quarantine", description="The negative is the row's own passage.")
    negative_is_positive: Literal["warn", "off"] = Field(
        "warn", description="The negative answers the query in another row (warns only: it is never used)."
    )
    near_duplicate_query: Literal["warn", "off"] = Field(
        "warn", description="Another query is nearly the same (warns only: either row may be the better one)."
    )
    near_duplicate_passage: Literal["warn", "off"] = Field(
        "warn", description="Another passage is nearly the same (warns only: either row may be the better one)."
    )
    least_query_words: int = Field(2, ge=1, description="Words of a query, at least.")
    least_passage_words: int = Field(3, ge=1, description="Words of a passage, at least.")
    most_tokens: int = Field(
        256,
        ge=8,
        description="Tokens of a text, at most (by the starter's tokenizer). Where a model cuts is another setting, "
        "`training.max_seq_length`: the dataset says how many texts are longer.",
    )
    near_duplicate: float = Field(
        0.9, gt=0.5, le=1, description="Jaccard similarity of character 5-grams from which texts are nearly the same."
    )

    def mode(self, rule: Rule) -> Mode:
        """What becomes of a row that breaks a rule."""
        mode: Mode = getattr(self, rule)
        return mode


Target = Literal["passage", "context"]
Negatives = Literal["given", "hard", "random"]


class PairTripletSettings(Settings):
    """What becomes a triplet (query, passage that answers it, passage that does not), and how many."""

    targets: tuple[Target, ...] = Field(
        ("passage",), min_length=1, description="What a query is to find: its passage, its context, or each of them."
    )
    sample_size: int | None = Field(None, ge=1, description="Use only this many pairs, chosen by seed; null for all.")
    max_per_passage: int | None = Field(
        None, ge=1, description="At most this many training pairs of one passage; null for all."
    )
    negatives: Negatives = Field(
        "given",
        description="The passage that does not answer: the row's own (else a hard one), hard (nearest to the query by "
        "BM25), or random.",
    )
    near_duplicate: float = Field(
        0.9, gt=0.5, le=1, description="Texts of this Jaccard similarity of 5-grams are not divided by the split."
    )
    split: GroupSplitSettings = Field(default_factory=lambda: GroupSplitSettings(), description="What is held out.")
    minimum: int = Field(50, ge=1, description="Fewer training triplets than this block the training.")
    seed: int = Field(42, ge=0, description="Seed of every random choice.")

    @field_validator("targets", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)
