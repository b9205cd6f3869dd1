"""Requirement records made by the grammar, with faults where a test wants them, and their landing."""

import json
import os
from pathlib import Path
from typing import Any

from domain_ft.requirements.concepts import choose_concepts
from domain_ft.requirements.grammar import load_grammar
from domain_ft.requirements.synthesis import concept_row, requirements_of
from domain_ft.store.home import Home

DOMAIN = "requirements"


def made(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Sound records of so many concepts."""
    grammar = load_grammar()
    concepts = choose_concepts(grammar, count, seed)
    return [
        {**concept_row(grammar, concept), "requirements": requirements_of(grammar, concept)} for concept in concepts
    ]


def with_short_ids(record: dict[str, Any]) -> dict[str, Any]:
    """The record with ids as the replaced system wrote them, which can be repaired."""
    short = [{**each, "id": each["id"].replace("00", "0")} for each in record["requirements"]["constraints"]]
    return {**record, "requirements": {**record["requirements"], "constraints": short}}


def without_constraints(record: dict[str, Any]) -> dict[str, Any]:
    """The record with an empty list, which cannot be repaired."""
    return {**record, "requirements": {**record["requirements"], "constraints": []}}


def drop_records(home: Home, records: list[dict[str, Any]], name: str = "records.jsonl") -> Path:
    """Put a finished file of records into the landing folder."""
    landing = home.landing(DOMAIN)
    landing.mkdir(parents=True, exist_ok=True)
    file = landing / name
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    return file
