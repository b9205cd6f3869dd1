"""When a stage of a domain was last carried out to its end, whoever started it.

What a stage publishes does not tell: done again with nothing new, it publishes nothing. Only how things stand is told
from these notes, and nothing is decided by them.
"""

from datetime import UTC, datetime
from pathlib import Path

from domain_ft.store.home import Home

STAGES = ("raw", "triplets", "embedding_model", "benchmark", "champion")
"""Stages of a domain that ends in an embedding model, each made from the one before it."""
ADAPTER_STAGES = ("raw", "audit", "fixed", "lora_adapter", "benchmark", "champion")
"""Those of a domain that ends in an adapter of a language model."""
EVERY_STAGE = ("raw", "audit", "triplets", "fixed", "embedding_model", "lora_adapter", "benchmark", "champion")
"""Those of either kind, in an order that holds in both."""


def note_done(home: Home, domain: str, stage: str) -> None:
    """Note that a stage has come to its end now."""
    path = _note(home, domain, stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(datetime.now(UTC).isoformat())


def done_at(home: Home, domain: str, stage: str) -> datetime | None:
    """When a stage last came to its end; None where that is not known."""
    try:
        return datetime.fromisoformat(_note(home, domain, stage).read_text())
    except (OSError, ValueError):
        return None


def _note(home: Home, domain: str, stage: str) -> Path:
    return home.state / "done" / domain / stage
