"""What is asked of query-passage pairs when they land."""

from typing import Literal, get_args

from pydantic import Field

from domain_ft.settings import Settings

Mode = Literal["quarantine", "warn", "off"]
Rule = Literal[
    "query_too_short", "passage_too_short", "query_too_long", "passage_too_long", "mojibake", "template_query",
    "page_marker", "dot_leaders", "query_equals_passage", "negative_equals_positive", "negative_is_positive",
    "near_duplicate_query", "near_duplicate_passage",
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)
AMONG_ROWS: tuple[Rule, ...] = ("negative_is_positive", "near_duplicate_query", "near_duplicate_passage")
"""Rules that compare a row with others: they warn, since which of them should go is not theirs to say."""


class AuditSettings(Settings):
    """Rules for the text of a pair, each of which may put a row into quarantine, warn of it, or be off.

    An empty query or passage is always put into quarantine, and an exact duplicate is always counted as one.
    """

    query_too_short: Mode = Field("quarantine", description="The query has fewer words than `least_query_words`.")
    passage_too_short: Mode = Field("quarantine", description="The passage has fewer than `least_passage_words`.")
    query_too_long: Mode = Field("warn", description="The query has more tokens than `most_tokens`, and is cut.")
    passage_too_long: Mode = Field("warn", description="The passage has more tokens than `most_tokens`, and is cut.")
    mojibake: Mode = Field("warn", description="A text was decoded by the wrong encoding (by ftfy).")
    template_query: Mode = Field("warn", description="The query is a question form around hardly a word.")
    page_marker: Mode = Field("warn", description="A text has a page number or a ruled line of the source in it.")
    dot_leaders: Mode = Field("warn", description="A text has dot leaders: a line of a table of contents.")
    query_equals_passage: Mode = Field("quarantine", description="Query and passage say the same.")
    negative_equals_positive: Mode = Field("quarantine", description="The negative is the row's own passage.")
    negative_is_positive: Literal["warn", "off"] = Field(
        "warn", description="The negative answers the query in another row; it is not used as a negative."
    )
    near_duplicate_query: Literal["warn", "off"] = Field("warn", description="Another query is nearly the same.")
    near_duplicate_passage: Literal["warn", "off"] = Field("warn", description="Another passage is nearly the same.")
    least_query_words: int = Field(2, ge=1, description="Words of a query, at least.")
    least_passage_words: int = Field(3, ge=1, description="Words of a passage, at least.")
    most_tokens: int = Field(256, ge=8, description="Tokens of a text, at most (counted by the starter's tokenizer).")
    near_duplicate: float = Field(
        0.9, gt=0.5, le=1, description="Jaccard similarity of character 5-grams from which texts are nearly the same."
    )

    def mode(self, rule: Rule) -> Mode:
        """What becomes of a row that breaks a rule."""
        mode: Mode = getattr(self, rule)
        return mode
