"""Records of requirements to begin from."""

from typing import Any


def sound(**changes: Any) -> dict[str, Any]:
    """A record with nothing wrong; `changes` replace parts of its requirements."""
    requirements = {
        "title": "Returns desk for a bookshop",
        "description": "A desk that takes back books within thirty days and pays the customer at once.",
        "functional_requirements": items("FR", "Take back a book", "Pay the customer"),
        "non_functional_requirements": items("NFR", "Answer within a second", "Keep records for ten years"),
        "constraints": items("C", "Run on the till", "Follow consumer law"),
    }
    return {
        "concept_id": "BCON-0001",
        "concept": "Returns desk for a bookshop",
        "requirements": {**requirements, **changes},
        "score": 0.9,
    }


def items(prefix: str, *descriptions: str) -> list[dict[str, Any]]:
    """Items with right ids."""
    return [
        {"id": f"{prefix}{number:03d}", "description": description, "priority": "High"}
        for number, description in enumerate(descriptions, 1)
    ]
