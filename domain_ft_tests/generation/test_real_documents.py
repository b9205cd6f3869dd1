"""Real papers, rebuilt from the contexts of real rows, become passages and rows that all land."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.documents.passages import passages_of
from domain_ft.documents.read import read_document
from domain_ft.domains import find_domain
from domain_ft.store.home import Home
from domain_ft_tests.generation.test_generate import Generate, add_up
from domain_ft_tests.llm.server import OllamaServer


@pytest.fixture(scope="module")
def papers(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text file for each paper, a paragraph on the line that its rows name."""
    lines: dict[str, dict[int, str]] = defaultdict(dict)
    for said in (real_data / "papers_qa" / "consolidated_qa.jsonl").read_text().splitlines():
        row = json.loads(said)
        lines[row["file_name"]][row["line_number"]] = " ".join(row["context"].split())
    folder = tmp_path_factory.mktemp("papers")
    for name, found in lines.items():
        (folder / name).write_text("\n".join(found.get(number, "") for number in range(1, max(found) + 1)))
    return folder


def test_each_paragraph_keeps_its_line_and_its_words(papers: Path) -> None:
    for path in papers.iterdir():
        lines = path.read_text().split("\n")
        document = read_document(path)
        assert [each.line for each in document.paragraphs] == [at for at, line in enumerate(lines, 1) if line]
        found = passages_of(document, 40, 220)
        words = sum(passage.words for passage in found.passages)
        assert words >= 0.95 * len(" ".join(lines).split())


def test_all_rows_of_real_papers_land(papers: Path, server: OllamaServer, generate: Generate, home: Home) -> None:
    result = generate(papers, least_words=40)
    assert (result.tally.read, result.tally.failed) == (9, 0)
    assert result.tally.rows > 100
    assert add_up(result)
    landed = stages.ingest(find_domain("papers_qa"), home)
    assert (landed.read, landed.rejected) == (result.tally.rows, 0)
