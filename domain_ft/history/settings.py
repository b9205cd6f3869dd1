"""What it means that a change concerns a test: one setting for mining, benchmark and prioritization."""

from typing import Literal

Relevance = Literal["flip", "transition", "any_failure"]
RELEVANCE_MEANING: dict[Relevance, str] = {
    "flip": "the test's verdict changed in that build, either way",
    "transition": "the test went from pass to fail in that build",
    "any_failure": "the test failed in that build",
}
