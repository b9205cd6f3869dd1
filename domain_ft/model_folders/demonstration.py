"""What is said of everything that was made of a demonstration model."""

from collections.abc import Mapping
from typing import Any


def demonstration_note(manifest: Mapping[str, Any]) -> str | None:
    """A sentence, where the manifest of an adapter, or of what was made of one, says so."""
    if not manifest.get("demonstration"):
        return None
    return f"{manifest['base_model']} is a demonstration model, and so is what was made of it: not for work"
