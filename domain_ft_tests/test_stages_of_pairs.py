"""A domain of pairs goes the same way as one of a history: land, split, train, judge, promote."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.evaluation.metric_names import PAIR_METRICS
from domain_ft.status import status_of_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft_tests.tiny_model import make_tiny_model

PARTS = ("gear", "lamp", "seat", "door", "pump", "belt", "horn", "lock", "wheel", "brake")
WORK = ("mend", "clean", "change", "check", "remove")
TINY = {
    "training.base_model": "tiny",
    "training.precision": "fp32",
    "training.device": "cpu",
    "training.batch_size": 16,
    "training.max_seq_length": 16,
    "training.max_steps": 4,
    "benchmark.resamples": 200,
    "benchmark.latency_runs": 5,
    "benchmark.gates": "recall@5 >= 0.3",
}


def manual(path: Path) -> Path:
    """Pairs of a small manual: a passage for each part and kind of work, two questions for each."""
    rows = [
        {"query": f"{asked} {work} the {part} {number}",
         "positive": f"{work}: the {part} of unit {number} is held by bolts",
         "negative": f"the {PARTS[number % 9]} is a part of unit {number + 50}", "domain": part}
        for number in range(6) for part in PARTS[:5] for work in WORK for asked in ("how do I", "when to")
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.slow
def test_from_a_file_of_pairs_to_a_verdict(home: Home, tmp_path: Path) -> None:
    make_tiny_model(home.root / "tiny", layers=2)
    judged_by_people = home.root / "judged.jsonl"
    row = {"query": "who looks after the horn of the unit", "positive": "the horn is checked once a year"}
    judged_by_people.write_text(json.dumps(row) + "\n")
    of_this_test = {"training.freeze_layers": "1", "benchmark.evaluation_file": "judged.jsonl"}
    domain = find_domain("manuals").with_overrides({**TINY, **of_this_test})
    assert stages.ingest(domain, home, [manual(tmp_path / "manual.jsonl")]).accepted == 300
    dataset = stages.build_dataset(domain, home)
    assert set(dataset.leakage.values()) == {0}
    trained = stages.train(domain, home)
    assert (
        read_manifest(trained.path)["settings"]["validation_metric"] == "mrr_at_10" == domain.benchmark.primary_metric
    )
    judged = stages.benchmark(domain, home)
    assert set(judged.arms) == {"random", "bm25", "base", "candidate", "fusion"}
    assert set(PAIR_METRICS) <= set(judged.arms["candidate"])
    assert "apfd" not in judged.arms["candidate"]
    assert {name: (one["runs"], one["device"][:3]) for name, one in judged.speed.items()} == {
        "base": (5, "cpu"), "candidate": (5, "cpu")
    }  # fmt: skip
    assert judged.evaluation_file is not None
    assert judged.evaluation_file["counts"]["queries"] == 1
    assert judged.evaluation_file["arms"]["bm25"]["accuracy_at_1"]["mean"] == 1
    assert [gate["gate"] for gate in judged.gates] == ["recall@5 >= 0.3"]
    assert judged.n >= 20
    assert " queries" in judged.headline
    assert set(judged.slices) == set(PARTS[:5])
    card = (trained.path / "README.md").read_text()
    assert "so that a query lies near the passages that answer it" in card
    report = judged.report.read_text()
    for word in (
        "accuracy@1",
        "MAP@100",
        "BM25 + candidate",
        "effective rank",
        "Success gates",
        "one query",
        "judged.jsonl; rows: 1",
        "In training the output of 1 frozen layer is computed once for each of ",
    ):
        assert word in report
    assert "all distinct passages of the domain" in report
    assert "builds" not in report
    promoted = stages.promote(domain, home)
    assert promoted.versions
    assert status_of_domain(domain, home)["rows"] == 300


def paper(name: str) -> list[dict[str, str]]:
    """Ten rows of a paper that shares no text with another one."""
    words = [sha256(f"{name} {number}".encode()).hexdigest() for number in range(30)]
    texts = [" ".join(word[at : at + 6] for at in range(0, 60, 6)) for word in words]
    return [
        {"question": texts[at], "answer": texts[at + 10], "context": texts[at + 20], "file_name": name}
        for at in range(10)
    ]


@pytest.mark.parametrize(("papers", "few"), [(12, True), (60, False)])
def test_a_test_split_that_can_decide_nothing_is_told_with_the_dataset(
    home: Home, tmp_path: Path, papers: int, few: bool
) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for number in range(papers) for row in paper(f"p{number}")))
    domain = find_domain("papers_qa").with_overrides({"triplets.minimum": "1"})
    stages.ingest(domain, home, [file])
    notes = stages.build_dataset(domain, home).notes
    assert [" in the test split; at least 6 are needed for a verdict" in note for note in notes] == [True] * few


def test_a_history_is_no_file_of_pairs(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("Build_ID,TC_Key\n1,2\n")
    with pytest.raises(InputError, match=r"column 'query' is missing .query: What is asked."):
        stages.ingest(find_domain("manuals"), home, [file])


def test_test_reports_are_no_pairs(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text("<testsuite/>")
    with pytest.raises(InputError, match=r"report\.xml: XML is read as test reports only"):
        stages.ingest(find_domain("manuals"), home, [file])


def test_a_dataset_of_pairs_says_so(home: Home, tmp_path: Path) -> None:
    domain = find_domain("manuals")
    stages.ingest(domain, home, [manual(tmp_path / "manual.jsonl")])
    dataset = stages.build_dataset(domain, home)
    assert read_manifest(dataset.path)["made_from"] == "pairs"
    assert stages.build_dataset(domain, home).reused
