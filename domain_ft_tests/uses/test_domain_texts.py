"""What can be found in a domain, and what is asked of it."""

import json
from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.domains import find_embedding_domain
from domain_ft.errors import InputError
from domain_ft.store.home import Home
from domain_ft.uses.domain_texts import domain_texts
from domain_ft_tests.landing_world import a_row, as_csv

MANUALS = find_embedding_domain("manuals")
HISTORY = find_embedding_domain("test_history")


def landed_pairs(home: Home, *rows: dict[str, str]) -> None:
    file = home.root / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    stages.ingest(MANUALS, home, [file])


def pair(query: str, positive: str, domain: str) -> dict[str, str]:
    return {"query": query, "positive": positive, "negative": "nothing of that", "domain": domain}


def test_a_passage_that_answers_two_queries_is_one_passage(home: Home) -> None:
    landed_pairs(
        home,
        pair("how is the pump cleaned", "The pump is cleaned with water.", "pumps"),
        pair("what cleans the pump", "the pump is  cleaned with water.", "cleaning"),
        pair("how is the belt changed", "The belt is taken off first.", "belts"),
    )
    found = domain_texts(MANUALS, home)
    assert sorted(found.passages["part"]) == ["belts", "cleaning"]
    assert len(found.queries) == 3


def test_a_negative_is_no_passage(home: Home) -> None:
    landed_pairs(home, pair("how is the pump cleaned", "The pump is cleaned with water.", "pumps"))
    assert domain_texts(MANUALS, home).passages["text"].to_list() == ["The pump is cleaned with water."]


def test_the_passages_of_a_history_are_its_tests(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    tests = [a_row(TC_Key="t1"), a_row(TC_Key="t2"), a_row(TC_Key="t2", Build_ID="b2", commit="['other']")]
    file.write_bytes(as_csv(tests))
    stages.ingest(HISTORY, home, [file])
    found = domain_texts(HISTORY, home)
    assert found.passages["passage_id"].to_list() == ["t1", "t2"]
    assert found.passages["part"].to_list() == ["shop", "shop"]
    assert found.queries == ("other", "round prices late")


def test_before_anything_landed_a_sentence_says_what_to_do() -> None:
    with pytest.raises(InputError, match="domain-ft ingest manuals FILE"):
        domain_texts(MANUALS, Home(Path("/nowhere")))
