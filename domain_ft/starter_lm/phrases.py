"""The phrases that the starter base model reads, from the YAML beside this file; filled with the slots of a product."""

from functools import cache
from pathlib import Path

from domain_ft.settings import Settings
from domain_ft.yaml_text import read_yaml

PHRASES = Path(__file__).parent / "phrases.yaml"


class Asks(Settings):
    """How an answer of each form is asked for."""

    yaml: list[str]
    numbered: list[str]
    prose: list[str]
    rewrite: list[str]
    repeat: list[str]
    join: list[str]


class Phrases(Settings):
    """What is said, and how it is asked for."""

    kinds: list[str]
    systems: list[str]
    concepts: list[str]
    needs: list[str]
    qualities: list[str]
    limits: list[str]
    summaries: list[str]
    questions: list[tuple[str, str]]
    asks: Asks
    joints: dict[str, str]
    """What may stand between words, by its name."""
    words: list[str]
    facts: list[str]


@cache
def load_phrases() -> Phrases:
    """The phrases of the package."""
    return Phrases.model_validate(read_yaml(PHRASES).value)
