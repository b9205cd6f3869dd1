"""Searching a domain as a person and a script meet it, whatever state the disk is in."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from domain_ft import cli, stages
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import DomainFtError
from domain_ft.passage_index.query import Asked
from domain_ft.store.home import Home
from domain_ft.uses.detect_strangers import StrangersResult, detect_strangers
from domain_ft.uses.index_passages import index_passages
from domain_ft.uses.search_passages import open_search
from domain_ft_tests.passage_world import NAME, crown, land, rows, small_world


@pytest.fixture
def domain(home: Home) -> EmbeddingDomain:
    return small_world(home)


@pytest.fixture
def commanded(domain: EmbeddingDomain, home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A state root in which the commands meet this domain."""
    for command in ("domain_ft.commands.search.find_embedding_domain",):
        monkeypatch.setattr(command, lambda _: domain)
    return home


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of a command."""
    capsys.readouterr()
    code = 0
    try:
        cli.main([*arguments, "--json"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, json.loads(capsys.readouterr().out)


def test_where_there_is_no_index_it_is_made_first_and_that_is_said(domain: EmbeddingDomain, home: Home) -> None:
    opened = open_search(domain, home)
    assert opened.notes[0].startswith("there was no index yet: making one of 60 passages took ")
    assert opened.notes[1] == "manuals has no champion yet: its base model tiny is used"
    assert open_search(domain, home).notes == opened.notes[1:]


def test_a_passage_is_found_by_its_words_and_its_meaning(domain: EmbeddingDomain, home: Home) -> None:
    found = open_search(domain, home).search(Asked("how is the pump oiled", k=3)).results
    assert found[0].text.startswith("The pump is oiled")
    assert found[0].cosine is not None
    assert found[0].bm25 is not None


def fit_detector(domain: EmbeddingDomain, home: Home) -> StrangersResult:
    halves = domain.with_overrides({"triplets.split.validation": 0.3, "triplets.split.test": 0.3})
    stages.build_dataset(halves, home)
    return detect_strangers(domain, home)


def test_a_search_says_how_strange_its_query_is(
    commanded: Home, domain: EmbeddingDomain, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "search", NAME, "how is the pump oiled")[1]["stranger"] is None
    fit_detector(domain, commanded)
    _, own = told(capsys, "search", NAME, "how is the pump oiled")
    _, strange = told(capsys, "search", NAME, "zq zq zq zq zq zq zq zq")
    assert own["stranger"]["stranger"] is False
    assert strange["stranger"]["stranger"] is True
    assert re.fullmatch(
        r"the query is strange to manuals \(none of its \d+ held-out queries is as strange\): what was found may not "
        r"be about it",
        strange["notes"][-1],
    )


def test_a_detector_of_an_older_dataset_is_said_once_and_where_meaning_is_looked_for(
    commanded: Home, domain: EmbeddingDomain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit_detector(domain, commanded)
    stages.build_dataset(domain, commanded)
    (tmp_path / "queries.txt").write_text("how is the pump oiled\nhow is the belt closed\n")

    def notes(*arguments: str) -> list[str]:
        _, found = told(capsys, "search", NAME, *arguments)
        own = [note for each in found["results"] for note in each.get("notes", ())]
        return [note for note in (*found["notes"], *own) if "detector" in note]

    [note] = notes("how is the pump oiled")
    assert note.endswith("than the one that is there now: run domain-ft strangers manuals")
    assert notes("--from", str(tmp_path / "queries.txt")) == [note]
    assert notes("how is the pump oiled", "--mode", "words") == []


def test_a_search_without_meaning_asks_for_no_strangers(
    commanded: Home, domain: EmbeddingDomain, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "search", NAME, "pump", "--mode", "words")[1]["stranger"] is None


def test_a_damaged_detector_is_said_and_the_search_goes_on(
    commanded: Home, domain: EmbeddingDomain, capsys: pytest.CaptureFixture[str]
) -> None:
    made = fit_detector(domain, commanded)
    (made.path / "out_of_distribution.json").write_text("{")
    code, found = told(capsys, "search", NAME, "how is the pump oiled")
    assert (code, found["stranger"]) == (0, None)
    assert found["results"]
    assert found["notes"][-1].startswith("whether the query is a stranger is not known: ")
    assert found["notes"][-1].endswith("run domain-ft strangers manuals")


def test_an_index_of_another_model_is_refused_with_the_mend(domain: EmbeddingDomain, home: Home) -> None:
    dataset = stages.build_dataset(domain, home).path
    index_passages(domain, home)
    crown(home, dataset)
    with pytest.raises(DomainFtError, match=r"made with tiny, and aaaaaaaaaaaa is in use.*run domain-ft index manuals"):
        open_search(domain, home)
    index_passages(domain, home)
    assert open_search(domain, home).model.name == "aaaaaaaaaaaa"


def test_an_index_of_older_passages_is_used_and_that_is_said(domain: EmbeddingDomain, home: Home) -> None:
    index_passages(domain, home)
    land(home, [{"query": "how is the roof sealed", "positive": "The roof is sealed with tar.", "domain": "roofs"}])
    opened = open_search(domain, home)
    assert "other passages have landed since the index was made: run domain-ft index manuals" in opened.notes
    assert opened.search(Asked("pump")).results


def test_a_damaged_index_is_refused_with_the_mend(domain: EmbeddingDomain, home: Home) -> None:
    path = index_passages(domain, home).path
    data = next((path / "passages.lance" / "data").iterdir())
    data.write_bytes(data.read_bytes()[:-1] + b"?")
    with pytest.raises(DomainFtError, match=r"altered since it was published.*run domain-ft index manuals"):
        open_search(domain, home)


def test_an_index_that_goes_while_it_is_open_is_told_in_a_sentence(domain: EmbeddingDomain, home: Home) -> None:
    opened = open_search(domain, home)
    shutil.rmtree(opened.index.folder)
    with pytest.raises(DomainFtError, match=r"does not answer .*; run domain-ft index manuals"):
        opened.search(Asked("pump"))


def test_like_a_passage_is_told_by_its_id_or_by_its_text(domain: EmbeddingDomain, home: Home) -> None:
    opened = open_search(domain, home)
    one = opened.search(Asked("how is the pump oiled", k=1)).results[0]
    by_id, by_text = opened.similar(one.passage_id, 5), opened.similar(one.text.upper(), 5)
    assert one.passage_id not in {each.passage_id for each in (*by_id.results, *by_text.results)}
    assert [each.passage_id for each in by_id.results] == [each.passage_id for each in by_text.results]
    assert [each.rank for each in by_text.results] == [1, 2, 3, 4, 5]
    assert by_text.notes == (f"1 passage says the same, and is left out: {one.passage_id}",)


def test_a_name_that_no_passage_has_is_looked_for_as_a_text_and_that_is_said(
    domain: EmbeddingDomain, home: Home
) -> None:
    found = open_search(domain, home).similar("pump", 2)
    assert found.notes == ("no passage is called 'pump': what is like this text is shown",)
    assert len(found.results) == 2


def test_the_json_has_the_promised_fields(commanded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = told(capsys, "search", NAME, "how is the pump oiled", "--k", "2", "--part", "presses")
    assert code == 0
    assert {"domain", "index", "model", "mode", "k", "query", "results", "notes"} <= set(report)
    assert set(report["results"][0]) == {
        "rank", "passage_id", "text", "part", "source", "score", "cosine", "bm25", "vector_rank", "words_rank",
    }  # fmt: skip
    assert [each["part"] for each in report["results"]] == ["presses"] * 2


def test_queries_of_a_file_are_answered_in_their_order(
    commanded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [row["query"] for row in rows()[:3]]
    (tmp_path / "queries.txt").write_text("\n".join(asked) + "\n\n")
    code, report = told(capsys, "search", NAME, "--from", str(tmp_path / "queries.txt"), "--k", "1")
    assert code == 0
    assert [each["query"] for each in report["results"]] == asked
    assert all(len(each["results"]) == 1 for each in report["results"])


def test_queries_of_a_file_in_utf16_are_read_and_bytes_that_are_no_text_are_refused(
    commanded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("how is the pump oiled\n", encoding="utf-16")
    _, report = told(capsys, "search", NAME, "--from", str(file), "--k", "1")
    assert [each["query"] for each in report["results"]] == ["how is the pump oiled"]
    file.write_bytes(b"how\n\xff\n")
    code, report = told(capsys, "search", NAME, "--from", str(file))
    assert (code, report["error"]) == (2, f"--from {file}: line 2 is refused (not UTF-8); mend it")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("search", NAME, "  "), "the query is empty"),
        (("search", NAME), "name either TEXT or --from FILE"),
        (("search", NAME, "pump", "--mode", "magic"), "expected hybrid, vector, words"),
        (("search", NAME, "pump", "--part", "roofs"), "there are cranes, presses"),
        (("search", NAME, "--from", "/nowhere"), "/nowhere: cannot be read (No such file or directory); name a file"),
        (("search", NAME, "--from", "/dev/null"), "--from /dev/null: holds no query; write one a line"),
        (("similar", NAME, " "), "the query is empty"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(
    commanded: Home, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    code, report = told(capsys, *arguments)
    assert (code, sentence in report["error"]) == (2, True), report


def test_what_is_found_is_shown_to_a_person(commanded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["index", NAME])
    assert "index of 60 passages with tiny made in" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["search", NAME, "how is the pump oiled"])
    assert "The pump is oiled" in capsys.readouterr().out


def test_nothing_is_indexed_for_a_query_that_cannot_be_asked(
    commanded: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "search", NAME, " ")
    assert not (commanded.indexes(NAME)).exists()
