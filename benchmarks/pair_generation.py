"""What making pairs of documents costs beside the model: reading, rules, and keeping each answer on the disk.

python benchmarks/pair_generation.py FOLDER [--papers 50]   # FOLDER: documents to read and make pairs of by rules

The model is played by a server on loopback that answers at once, so that what is left is our own. One JSON line.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from domain_ft.domains import find_domain
from domain_ft.generate_pairs import generate_pairs
from domain_ft.llm.ollama import HOST_VARIABLE
from domain_ft.store.home import HOME_VARIABLE, Home
from domain_ft_tests.generation.writing import write_paper, writer
from domain_ft_tests.llm.server import OllamaServer, serving

PASSAGES = 20


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        os.environ[HOME_VARIABLE] = root
        print(json.dumps({**by_rules(given.folder, Path(root)), **by_model(given.papers, Path(root))}))


def by_rules(folder: Path, root: Path) -> dict[str, float]:
    """Reading documents and making pairs of them by rules."""
    began = time.perf_counter()
    tally = generate_pairs(find_domain("manuals"), Home(root), [folder]).tally
    seconds = time.perf_counter() - began
    return {
        "documents": tally.read,
        "passages": tally.passages,
        "rows_by_rules": tally.rows,
        "seconds_by_rules": round(seconds, 2),
        "passages_per_second": round(tally.passages / seconds),
    }


def by_model(papers: int, root: Path) -> dict[str, float]:
    """Asking about papers of which each passage is a question."""
    for number in range(papers):
        write_paper(root / "papers", f"paper{number:03}", PASSAGES)
    changes = {"by": "ollama", "model": "tiny:1b", "least_words": 20}
    domain = find_domain("papers_qa").with_overrides({f"generation.{name}": value for name, value in changes.items()})
    with serving(OllamaServer(models={"tiny:1b": writer}, tokens_at_once=50)) as server:
        os.environ[HOST_VARIABLE] = server.address
        began = time.perf_counter()
        tally = generate_pairs(domain, Home(root), [root / "papers"]).tally
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        again = generate_pairs(domain, Home(root), [root / "papers"]).tally
        resumed = time.perf_counter() - began
    return {
        "questions": tally.asked,
        "seconds_asking": round(seconds, 2),
        "ms_per_question": round(1000 * seconds / tally.asked, 2),
        "asked_again": again.asked,
        "seconds_to_go_on": round(resumed, 2),
    }


if __name__ == "__main__":
    main()
