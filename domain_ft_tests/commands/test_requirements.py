"""The commands for requirement records: what they print for scripts and people, and how they end."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.cli import main
from domain_ft.model_folders.digest import model_digest
from domain_ft_tests.llm.tiny_causal import make_tiny_causal
from domain_ft_tests.requirements.records import items, sound


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any, str]:
    """Exit code, JSON of stdout, stderr."""
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments), "--json"])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), json.loads(printed.out), printed.err


def written(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def test_from_concepts_to_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    concepts, made, scored, good = (tmp_path / f"{name}.jsonl" for name in ("concepts", "made", "scored", "good"))
    assert run(capsys, "generate", "concepts", "-o", concepts, "--count", 60)[:2] == (
        0,
        {"path": str(concepts), "rows": 60},
    )
    assert run(capsys, "generate", "requirements", concepts, "-o", made)[1]["rows"] == 60
    assert run(capsys, "score", made, "-o", scored)[1]["score"] == pytest.approx(1)
    assert run(capsys, "filter", scored, "-o", good, "--threshold", 0.99)[1]["written"] == 60
    code, report, _ = run(capsys, "split", good, "-o", tmp_path / "parts")
    assert (code, sum(report["counts"].values()), set(report["leakage"].values())) == (0, 60, {0})


def test_an_audit_prints_the_keys_of_its_report_and_writes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "r.jsonl", sound(constraints=[{**each, "id": "C1"} for each in items("C", "One")]))
    code, report, _ = run(capsys, "audit", source, "-o", tmp_path / "a.json", "--markdown", tmp_path / "to" / "a.md")
    assert (code, report["total_examples"], report["valid_examples"]) == (0, 1, 0)
    assert report["id_format_issues"]["ids"] == ["BCON-0001"]
    kept = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert kept == {name: value for name, value in report.items() if name not in ("path", "markdown")}
    assert (tmp_path / "to" / "a.md").read_text(encoding="utf-8").startswith("## Nothing is wrong in 0 of 1 record\n")


def test_a_fix_that_leaves_nothing_wrong_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(
        tmp_path / "r.jsonl",
        sound(constraints=[{**each, "id": each["id"][:2] + each["id"][-1]} for each in items("C", "One", "Two")]),
    )
    code, report, _ = run(capsys, "fix", source, "-o", tmp_path / "f.jsonl")
    assert (code, report["read"], report["written"], report["changed"], report["quarantined"]) == (0, 1, 1, 1, 0)
    assert report["audit"]["valid_examples"] == 1


def test_a_fix_that_leaves_something_wrong_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report, _ = run(capsys, "fix", written(tmp_path / "r.jsonl", sound(title="")), "-o", tmp_path / "f.jsonl")
    assert (code, report["quarantined"], report["reasons"]) == (1, 1, {"field_completeness_issues": 1})


def test_too_few_records_above_the_threshold_end_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "r.jsonl", {"score": 0.5, "components": {}})
    code, report, said = run(capsys, "filter", source, "-o", tmp_path / "g.jsonl")
    assert (code, report["exit_code"]) == (1, 1)
    assert "0 of 1 row reach 0.8" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "nosuch.jsonl"], "there is no such file"),
        (["fix", "r.jsonl", "-o", "r.jsonl"], "is the input itself"),
        (["audit", "r.jsonl", "-o", "r.jsonl"], "is the input itself"),
        (["split", "r.jsonl", "-o", "p", "--test", "0.95"], "leave nothing to train on"),
        (["split", "r.jsonl", "-o", "p", "--test", "nan"], "--test: input should be a finite number"),
        (["split", "r.jsonl", "-o", "p", "--family-pattern", "("], "--family-pattern: is no regular expression"),
        (["split", "r.jsonl", "-o", "p", "--curated", "nosuch.jsonl"], "nosuch.jsonl: there is no such file"),
        (["audit", "r.jsonl", "--against", "nosuch.jsonl"], "nosuch.jsonl: there is no such file"),
        (["audit", "r.jsonl", "--markdown", "r.jsonl"], "is the input itself"),
        (["audit", "r.jsonl", "--against", "s.jsonl", "-o", "s.jsonl"], "s.jsonl: is the input itself"),
        (["audit", "r.jsonl", "-o", "a", "--markdown", "a"], "a: is named for two files to write"),
        (["filter", "r.jsonl", "-o", "g.jsonl", "--threshold", "nan"], "--threshold: input should be a finite number"),
        (["filter", "r.jsonl", "-o", "g.jsonl"], "run: domain-ft score"),
        (["generate", "requirements", "r.jsonl", "-o", "m.jsonl"], "is no concept that a grammar made"),
        (["generate", "concepts", "-o", "c.jsonl", "--grammar", "nosuch.yaml"], "nosuch.yaml: there is no such file"),
    ],
)
def test_what_was_handed_in_wrong_is_one_sentence_and_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    record = sound()
    del record["score"]
    written(tmp_path / "r.jsonl", record)
    written(tmp_path / "s.jsonl", record)
    code, report, printed = run(capsys, *arguments)
    assert (code, report["exit_code"]) == (2, 2)
    assert said in printed
    assert len(printed.splitlines()) == 1


def test_what_is_like_a_curated_record_is_left_out_of_the_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    concepts = [
        {**sound(), "concept": f"Product {letter} for the team of {who}"}
        for letter in "abcdefghijkl"
        for who in ("nurses", "teachers")
    ]
    source = written(tmp_path / "r.jsonl", *concepts)
    code, before, _ = run(capsys, "split", source, "-o", tmp_path / "before")
    kept = json.loads(Path(before["paths"]["train"]).read_text(encoding="utf-8").splitlines()[0])
    curated = written(tmp_path / "curated.jsonl", kept)
    code, report, _ = run(capsys, "split", source, "-o", tmp_path / "after", "--curated", curated)
    assert (code, report["counts"]["left_out"]) == (0, 2)
    assert report["like_curated"] == {"concept": 1, "near_concept": 0, "family": 1, "in_test": 0}
    assert report["counts"]["test"] == before["counts"]["test"]
    assert set(report["leakage"].values()) == {0}


def test_a_family_is_what_its_pattern_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    concepts = [{**sound(), "concept": f"{kind}: product {letter}"} for kind in ("Desk", "App") for letter in "abcdef"]
    source = written(tmp_path / "r.jsonl", *concepts)
    split = ("split", source, "-o", tmp_path / "parts")
    assert run(capsys, *split)[1]["groups"] != {"train": 2, "validation": 0, "test": 0}
    code, _, said = run(capsys, *split, "--family-pattern", "^(.+?):")
    assert code == 2
    assert "in 12 records of 2 families of concepts, there is nothing for" in said


def test_a_local_model_writes_and_each_row_says_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_tiny_causal(tmp_path / "tiny", positions=4096)
    source = written(tmp_path / "c.jsonl", *({"concept_id": name, "concept": f"Desk {name}"} for name in "ab"))
    asked = ("generate", "requirements", source, "-o", tmp_path / "m.jsonl", "--by", "transformers", "--model", model)
    code, report, _ = run(capsys, *asked, "--set", "num_predict=8", "--device", "cpu")
    assert (code, report["concepts"], report["rows"] + report["failed"], report["resumed"]) == (
        1 if report["failed"] else 0,
        2,
        2,
        0,
    )
    rows = [json.loads(line) for line in Path(report["failures"]).read_text(encoding="utf-8").splitlines()]
    for row in rows:
        made = row["synthetic"]
        assert (made["by"], made["model"], made["weights"]) == ("transformers", "tiny", model_digest(model))
        assert (made["options"]["num_predict"], made["tokens_out"], made["structured"]) == (8, 8, False)
    assert [row["concept_id"] for row in rows] == ["a", "b"]  # eight letters of a random model are no requirements


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--by", "transformers"], "--by transformers: name the model that writes (--model FOLDER)"),
        (["--by", "transformers", "--model", "nosuch"], "nosuch: there is no such folder"),
        (["--by", "ollama"], "--by ollama: name the model that writes (--model TAG)"),
        (["--model", "x"], "--model: has no effect with --by grammar; leave it out"),
        (["--set", "seed=1"], "--set: has no effect with --by grammar"),
        (
            ["--by", "transformers", "--model", "nosuch", "--set", "ollama.retries=0"],
            "--set ollama.retries: has no effect with --by transformers",
        ),
        (["--by", "ollama", "--device", "cpu"], "--device: has no effect with --by ollama"),
        (["--by", "transformers", "--grammar", "g.yaml"], "--grammar: has no effect with --by transformers"),
        (
            ["--by", "transformers", "--model", ".", "--set", "temperature=hot"],
            "--set temperature: input should be a valid",
        ),
        (["--by", "ollama", "--model", "x", "--set", "ollama.retries=-1"], "--set ollama.retries: input should be"),
    ],
)
def test_an_option_that_does_not_fit_who_writes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    source = written(tmp_path / "c.jsonl", {"concept": "A desk"})
    code, _, printed = run(capsys, "generate", "requirements", source, "-o", tmp_path / "m.jsonl", *options)
    assert code == 2
    assert said in printed
    assert [path.name for path in tmp_path.iterdir()] == ["c.jsonl"]


def test_for_people_the_counts_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["fix", str(written(tmp_path / "r.jsonl", sound())), "-o", str(tmp_path / "f.jsonl")])
    assert "1 of 1 records, 0 changed" in capsys.readouterr().out.replace("\n", "")
