"""From concepts to split files: each step counts what it read, and writes whole files or none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.requirement_files.audit import audit_file
from domain_ft.requirement_files.filter import filter_file
from domain_ft.requirement_files.generate import generate_concepts, generate_requirements
from domain_ft.requirement_files.score import score_file
from domain_ft.requirement_files.split import split_file
from domain_ft.requirements.grammar import load_grammar
from domain_ft.requirements.settings import (
    RequirementAuditSettings,
    RequirementFilterSettings,
    RequirementSplitSettings,
)

GRAMMAR = load_grammar()


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Requirements of 300 concepts, by grammar."""
    folder = tmp_path_factory.mktemp("made")
    generate_concepts(GRAMMAR, folder / "concepts.jsonl", count=300, seed=1)
    return generate_requirements(GRAMMAR, folder / "concepts.jsonl", folder / "made.jsonl").path


def test_requirements_are_made_for_each_concept_in_its_order(made: Path) -> None:
    concepts = read(made.with_name("concepts.jsonl"))
    assert [row["concept_id"] for row in read(made)] == [row["concept_id"] for row in concepts]
    assert all(row["synthetic"]["by"] == "grammar" for row in read(made))


def test_a_concept_from_elsewhere_is_refused_with_its_line(tmp_path: Path) -> None:
    source = write(tmp_path / "c.jsonl", {"concept_id": "B-1", "concept": "A platform"})
    with pytest.raises(InputError, match=r"c\.jsonl:1: is no concept that a grammar made"):
        generate_requirements(GRAMMAR, source, tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == [source]


def test_what_a_grammar_made_is_gold(made: Path, tmp_path: Path) -> None:
    scored = score_file(made, tmp_path / "scored.jsonl")
    assert (scored.read, scored.scored, round(scored.score, 12)) == (300, 300, 1.0)
    row = read(tmp_path / "scored.jsonl")[0]
    assert row["score"] == 1.0
    assert row["legacy_score"] == 0.928571
    assert set(row["components"].values()) == {1.0}


def test_an_answer_of_a_model_is_scored_in_place_of_the_requirements(made: Path, tmp_path: Path) -> None:
    row = read(made)[0]
    source = write(tmp_path / "a.jsonl", {**row, "answer": "I cannot do that."}, {**row, "answer": "title: A"})
    assert score_file(source).modes == {"none": 1, "raw": 1}


def test_lines_without_a_concept_are_counted_and_not_scored(made: Path, tmp_path: Path) -> None:
    source = tmp_path / "s.jsonl"
    source.write_text(f"{json.dumps(read(made)[0])}\n{{\n{{}}\n", encoding="utf-8")
    scored = score_file(source)
    assert (scored.read, scored.scored) == (3, 1)


def rated(score: float) -> dict[str, Any]:
    """What `score` writes on a record."""
    return {"score": score, "components": {}}


def test_a_score_that_somebody_else_wrote_is_not_believed(tmp_path: Path) -> None:
    """The replaced system drew its scores at random."""
    source = write(tmp_path / "s.jsonl", {"concept": "a", "score": 0.97})
    with pytest.raises(InputError, match=r"s\.jsonl:1: has no score of ours"):
        filter_file(source, tmp_path / "out.jsonl", RequirementFilterSettings(threshold=0.8))


def test_a_row_says_which_grammar_wrote_its_requirements(made: Path, tmp_path: Path) -> None:
    concept = {name: value for name, value in read(made)[0].items() if name not in ("synthetic", "requirements")}
    source = write(tmp_path / "c.jsonl", {**concept, "synthetic": {"by": "grammar", "grammar": "another"}}, concept)
    generate_requirements(load_grammar(), source, tmp_path / "r.jsonl")
    assert [row["synthetic"]["grammar"] for row in read(tmp_path / "r.jsonl")] == [load_grammar().digest] * 2


def test_records_that_reach_the_threshold_are_kept_in_their_order(tmp_path: Path) -> None:
    source = write(
        tmp_path / "s.jsonl", *({"concept": str(n), **rated(score)} for n, score in enumerate([0.9, 0.1, 0.8]))
    )
    done = filter_file(source, tmp_path / "out.jsonl", RequirementFilterSettings(threshold=0.8))
    assert [row["concept"] for row in read(done.path)] == ["0", "2"]
    assert (done.read, done.reached, done.taken_below, done.left_out) == (3, 2, 0, 1)


def test_records_taken_below_the_threshold_are_marked(tmp_path: Path) -> None:
    source = write(tmp_path / "s.jsonl", *(rated(score) for score in [0.9, 0.1, 0.7]))
    settings = RequirementFilterSettings(threshold=0.8, minimum=2, allow_below=5)
    done = filter_file(source, tmp_path / "out.jsonl", settings)
    assert read(done.path) == [rated(0.9), {**rated(0.7), "below_threshold": True}]
    assert (done.reached, done.taken_below, done.left_out) == (1, 1, 1)


def test_too_few_records_are_a_sentence_and_no_file(tmp_path: Path) -> None:
    source = write(tmp_path / "s.jsonl", rated(0.5))
    with pytest.raises(DomainFtError, match=r"s\.jsonl: 0 of 1 row reach 0\.8"):
        filter_file(source, tmp_path / "out.jsonl", RequirementFilterSettings(threshold=0.8))
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("score", [None, "0.9", True])
def test_a_record_without_a_score_is_refused_with_its_line(tmp_path: Path, score: Any) -> None:
    source = write(tmp_path / "s.jsonl", rated(0.9), {**rated(0.9), "score": score})
    with pytest.raises(InputError, match=r"s\.jsonl:2: has no score of ours"):
        filter_file(source, tmp_path / "out.jsonl", RequirementFilterSettings(threshold=0.8))


def test_each_record_is_in_one_part_and_no_family_in_two(made: Path, tmp_path: Path) -> None:
    done = split_file(made, tmp_path / "parts", RequirementSplitSettings())
    parts = {name: read(path) for name, path in done.paths.items()}
    assert sum(len(rows) for rows in parts.values()) == 300
    assert {name: len(rows) for name, rows in parts.items()} == done.counts
    families = [{row["family"] for row in rows} for rows in parts.values()]
    assert not families[0] & families[1] | families[0] & families[2] | families[1] & families[2]
    assert done.division.leakage.total == 0


def test_a_record_keeps_its_part_as_others_come(made: Path, tmp_path: Path) -> None:
    fewer = write(tmp_path / "fewer.jsonl", *read(made)[:200])
    before, after = (
        {
            row["concept_id"]: name
            for name, path in split_file(source, tmp_path / source.stem, RequirementSplitSettings()).paths.items()
            for row in read(path)
        }
        for source in (fewer, made)
    )
    moved = sum(after[name] != part for name, part in before.items())
    assert moved < 20


def test_families_are_read_off_concepts_that_name_none(tmp_path: Path) -> None:
    rows = [{"concept": f"Product {product} for team {team}"} for product in "abcdefghijklmnopqrst" for team in (1, 2)]
    done = split_file(write(tmp_path / "s.jsonl", *rows), tmp_path / "parts", RequirementSplitSettings())
    for path in done.paths.values():
        products = [row["concept"][:9] for row in read(path)]
        assert all(products.count(product) == 2 for product in products)


def test_one_family_cannot_be_split(tmp_path: Path) -> None:
    rows = [{"concept": f"Desk for team {team}"} for team in range(9)]
    with pytest.raises(
        InputError,
        match=r"s\.jsonl: no honest split is possible: in 9 records of 1 family of concepts, there is nothing",
    ):
        split_file(write(tmp_path / "s.jsonl", *rows), tmp_path / "parts", RequirementSplitSettings())


def test_concepts_of_another_file_are_told(made: Path, tmp_path: Path) -> None:
    settings = RequirementAuditSettings(near_duplicate=None)
    report = audit_file(made, against=[write(tmp_path / "test.jsonl", read(made)[7])], settings=settings)
    (example,) = report.findings["split_overlap"].examples
    assert example.line == 8
    assert "of test.jsonl, too" in example.why


def test_the_real_records_have_the_issues_that_were_counted_by_hand(real_data: Path) -> None:
    for name, issues in (("train", 882), ("val", 198)):
        report = audit_file(real_data / "requirements" / f"ba_{name}_v1.jsonl").as_json()
        counts = {
            kind: found["count"] for kind, found in report.items() if isinstance(found, dict) and "count" in found
        }
        assert counts.pop("id_format_issues") == issues
        assert not any(
            counts[kind]
            for kind in ("min_requirements_violations", "yaml_validation_errors", "field_completeness_issues")
        )


def test_what_is_like_a_curated_record_lies_beside_the_parts(made: Path, tmp_path: Path) -> None:
    one = read(made)[0]
    curated = write(tmp_path / "curated.jsonl", one)
    done = split_file(made, tmp_path / "parts", RequirementSplitSettings(), curated=curated)
    parts = {name: read(path) for name, path in done.paths.items()}
    assert sum(map(len, parts.values())) == 300
    assert {row["family"] for row in parts["left_out"]} <= {one["family"]}
    assert one["family"] not in {row["family"] for name in ("train", "validation") for row in parts[name]}
    assert done.division.like_in_test + sum(done.division.left_out.values()) == sum(
        row["family"] == one["family"] for row in read(made)
    )


def test_what_an_earlier_split_left_out_does_not_stay_beside_the_parts_of_this_one(made: Path, tmp_path: Path) -> None:
    curated = write(tmp_path / "curated.jsonl", read(made)[0])
    split_file(made, tmp_path / "parts", RequirementSplitSettings(), curated=curated)
    split_file(made, tmp_path / "parts", RequirementSplitSettings())
    assert {path.stem for path in (tmp_path / "parts").iterdir()} == {"train", "validation", "test"}


def test_where_what_is_left_out_could_not_lie_no_part_is_replaced(made: Path, tmp_path: Path) -> None:
    split_file(made, tmp_path, RequirementSplitSettings(), seed=1)
    before = (tmp_path / "train.jsonl").read_bytes()
    (tmp_path / "left_out.jsonl").mkdir()
    with pytest.raises(InputError, match=r"left_out\.jsonl: is there already, and no regular file"):
        split_file(made, tmp_path, RequirementSplitSettings(), seed=2)
    assert (tmp_path / "train.jsonl").read_bytes() == before


def test_parts_need_a_folder(made: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").write_text("")
    with pytest.raises(InputError, match="parts: is a file; name a folder for the parts"):
        split_file(made, tmp_path / "parts", RequirementSplitSettings())


def test_records_that_an_earlier_split_left_out_can_be_split_themselves_elsewhere_only(
    made: Path, tmp_path: Path
) -> None:
    source = write(tmp_path / "left_out.jsonl", *read(made))
    with pytest.raises(InputError, match=r"left_out\.jsonl: is the input itself"):
        split_file(source, tmp_path, RequirementSplitSettings())
    assert len(read(source)) == 300


def test_an_evaluation_file_is_never_written_over(made: Path, tmp_path: Path) -> None:
    curated = write(tmp_path / "train.jsonl", read(made)[0])
    before = curated.read_bytes()
    with pytest.raises(InputError, match=r"train\.jsonl: is the input itself"):
        split_file(made, tmp_path, RequirementSplitSettings(), curated=curated)
    assert curated.read_bytes() == before


WRITING = """
import sys, time
from pathlib import Path
from domain_ft.requirement_files.lines import write_line, writing
with writing(None, Path(sys.argv[1])) as (file,):
    write_line(file, "half")
    file.flush()
    print("begun", flush=True)
    time.sleep(60)
"""


def begun(target: Path) -> "subprocess.Popen[str]":
    """A process that has begun to write a file, and does not end."""
    process = subprocess.Popen([sys.executable, "-c", WRITING, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


def test_what_a_killed_command_left_is_gone_after_the_next_one(made: Path, tmp_path: Path) -> None:
    process = begun(tmp_path / "scored.jsonl")
    process.kill()
    process.communicate()
    assert [path.name for path in tmp_path.iterdir()] == [".scored.jsonl.unfinished"]
    score_file(made, tmp_path / "scored.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["scored.jsonl"]
    assert len(read(tmp_path / "scored.jsonl")) == 300


def test_a_file_that_another_command_is_writing_is_left_to_it(made: Path, tmp_path: Path) -> None:
    process = begun(tmp_path / "scored.jsonl")
    try:
        with pytest.raises(DomainFtError, match=r"scored\.jsonl: another command is writing it"):
            score_file(made, tmp_path / "scored.jsonl")
        assert [path.read_text() for path in tmp_path.iterdir()] == ["half\n"]
    finally:
        process.kill()
        process.communicate()
