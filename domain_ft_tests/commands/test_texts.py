"""Duplicates, clusters and strangers as a script sees them: one JSON object, one sentence, exit codes."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from domain_ft import cli
from domain_ft.store.home import Home
from domain_ft_tests.landed_pairs import ON_THE_LINE, land_pairs
from domain_ft_tests.passage_world import crown
from domain_ft_tests.tiny_model import make_tiny_model

TEXTS = ["the pump is cleaned", "The  PUMP is cleaned", "the pump is cleaned with water", "a belt 7", "zx qv", "zx qv"]


@pytest.fixture
def run(home: Home, capsys: pytest.CaptureFixture[str]) -> Any:
    """A command with a tiny base model, in this process; its exit code and what it printed, as JSON with --json."""
    make_tiny_model(home.root / "tiny")

    def run_command(*arguments: str | Path) -> tuple[int, Any]:
        capsys.readouterr()
        given = [str(argument) for argument in arguments]
        with pytest.raises(SystemExit) as ended:
            cli.main([given[0], *ON_THE_LINE, *given[1:]])
        said = capsys.readouterr()
        return int(ended.value.code or 0), json.loads(said.out) if "--json" in given else said.out + said.err

    return run_command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS))
    return path


def test_copies_are_told_from_near_duplicates_and_the_base_says_that_it_is_one(run: Any, file: Path) -> None:
    code, found = run("duplicates", "manuals", "--from", file, "--threshold", 0.5, "--json")
    assert code == 0
    assert (found["texts"], found["read"], found["distinct"], found["exact"]) == ("texts of texts.txt", 6, 4, 2)
    pairs = [pair for result in found["results"] for pair in result["pairs"]]
    assert {(p["first"], p["second"]) for p in pairs if p["kind"] == "exact"} == {
        ("line 2", "line 1"), ("line 5", "line 6"),
    }  # fmt: skip
    assert "manuals has no champion yet: its base model tiny is used" in found["notes"]


def test_pairs_whose_numbers_differ_are_counted(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "steps.txt"
    file.write_text("turn bolt 7 by hand\nturn bolt 8 by hand\n")
    _, found = run("duplicates", "manuals", "--from", file, "--threshold", 0.5, "--json")
    assert found["other_numbers"] == found["near"] == 1


def test_near_duplicates_that_go_on_beyond_what_the_model_reads_are_said(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("".join("turn the bolt by hand " * 8 + end + "\n" for end in ("left", "right")))
    _, found = run("duplicates", "manuals", "--from", file, "--threshold", 0.99, "--json")
    assert found["near"] == 1
    assert any(
        note.startswith("in 1 of 1 near pair both texts are longer than the 16 tokens") for note in found["notes"]
    )


def test_the_pairs_are_written_as_csv(run: Any, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "not there yet" / "p.csv"
    _, found = run("duplicates", "manuals", "--from", file, "--threshold", 0.5, "-o", path, "--json")
    with path.open() as written:
        rows = list(csv.DictReader(written))
    assert len(rows) == found["pairs"]
    assert {"The  PUMP is cleaned", "zx qv"} <= {row["first_text"] for row in rows} | {
        row["second_text"] for row in rows
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--threshold", "1.5"], "--threshold 1.5: expected a cosine above 0 and at most 1"),
        (["--threshold", "0"], "--threshold 0: expected a cosine"),
        (["-o", "pairs.txt"], "-o pairs.txt: expected a name that ends in .csv"),
        (["--threshold", "0.01", "--most-pairs", "1"], "and at most 1 are kept (--most-pairs)"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run: Any, file: Path, options: list[str], said: str) -> None:
    code, found = run("duplicates", "manuals", "--from", file, *options, "--json")
    assert code == 2
    assert said in found["error"]


def test_the_texts_of_a_domain_without_any_are_asked_for(run: Any) -> None:
    code, found = run("cluster", "manuals", "--json")
    assert (code, found["error"]) == (2, "nothing has landed yet; run domain-ft ingest manuals FILE")


def test_every_text_stands_in_a_cluster_or_nowhere_and_the_folder_says_the_same(
    run: Any, home: Home, tmp_path: Path
) -> None:
    land_pairs(home)
    code, found = run("cluster", "manuals", "-o", tmp_path / "out", "--json")
    assert code == 0
    placed = [member for result in found["results"] for member in result["members"]] + found["nowhere"]["members"]
    assert len(placed) == len(set(placed)) == found["read"] == 120
    assert sum(result["share"] for result in found["results"]) + found["nowhere"]["share"] == pytest.approx(1)
    assert found["agreement"]["parts"] == 2
    table = pl.read_csv(tmp_path / "out" / "texts.csv")
    assert dict(table["cluster"].drop_nulls().value_counts().iter_rows()) == {
        result["id"]: result["size"] for result in found["results"]
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "clusters.html", "clusters.svg", "clusters.json", "texts.csv",
    }  # fmt: skip


def test_clusters_do_not_depend_on_the_order_of_lines(run: Any, tmp_path: Path) -> None:
    lines = [f"{topic} number {n}" for topic in ("pump", "belt", "radar screen") for n in range(15)]
    found = []
    for name, ordered in (("a.txt", lines), ("b.txt", lines[::-1])):
        (tmp_path / name).write_text("\n".join(ordered))
        _, one = run("cluster", "manuals", "--from", tmp_path / name, "--json")
        found.append([sorted(ordered[int(m.split()[1]) - 1] for m in result["members"]) for result in one["results"]])
    assert found[0] == found[1]


@pytest.mark.parametrize(("lines", "clusters"), [(["one"], 1), (["one", "two"], 1), (["same"] * 30, 1)])
def test_a_handful_or_one_text_again_and_again_is_one_cluster_and_says_why(
    run: Any, tmp_path: Path, lines: list[str], clusters: int
) -> None:
    (tmp_path / "few.txt").write_text("\n".join(lines))
    code, found = run("cluster", "manuals", "--from", tmp_path / "few.txt", "-o", tmp_path / "out", "--json")
    assert (code, found["clusters"], found["results"][0]["size"]) == (0, clusters, len(lines))
    assert any("too few to find clusters in" in note for note in found["notes"])


def test_more_clusters_than_anyone_reads_are_refused(run: Any, tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("\n".join(f"text {n}" for n in range(1100)))
    code, found = run("cluster", "manuals", "--from", tmp_path / "many.txt", "--clusters", 1050, "--json")
    assert (code, found["error"].rpartition("; ")[2]) == (2, "name 1 to 1,000")


def test_more_clusters_than_texts_are_refused(run: Any, file: Path) -> None:
    code, found = run("cluster", "manuals", "--from", file, "--clusters", 5, "--json")
    assert (code, found["error"]) == (
        2, "--clusters 5: the texts of texts.txt hold 4 distinct texts; name 1 to 4",
    )  # fmt: skip


def test_one_of_anything_is_told_as_one(run: Any, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("turn bolt 7 by hand\n")
    _, clusters = run("cluster", "manuals", "--from", tmp_path / "one.txt", "--clusters", 2, "--json")
    assert clusters["error"] == "--clusters 2: the texts of one.txt hold 1 distinct text; name 1"
    assert (
        "texts of one.txt: 1 read, 1 cluster; 0 belong nowhere"
        in run("cluster", "manuals", "--from", tmp_path / "one.txt")[1]
    )
    _, said = run("duplicates", "manuals", "--from", tmp_path / "one.txt")
    assert "texts of one.txt: 1 read, 1 distinct; 0 exact and 0 near pairs" in " ".join(said.split())


@pytest.mark.parametrize(
    ("command", "name"),
    [("duplicates", "/proc/pairs.csv"), ("duplicates", "/dev/null/p.csv"), ("cluster", "/proc/out")],
)
def test_a_place_that_cannot_be_written_is_told_as_the_mistake(run: Any, file: Path, command: str, name: str) -> None:
    code, found = run(command, "manuals", "--from", file, "-o", name, "--json")
    assert code == 2
    assert re.fullmatch(rf"-o {name}: cannot be written \([A-Z][a-z ]+\); name another place", found["error"])


def test_a_query_is_scored_by_a_detector_that_is_fitted_where_there_is_none(run: Any, home: Home) -> None:
    land_pairs(home)
    code, first = run("strangers", "manuals", "how is part 3 cleaned", "zxqv " * 20, "--json")
    assert code == 0
    assert [result["id"] for result in first["results"]] == ["query 1", "query 2"]
    assert any(note.startswith("the detector was fitted now") for note in first["notes"])
    _, again = run("strangers", "manuals", "how is part 3 cleaned", "zxqv " * 20, "--json")
    assert again["results"] == first["results"]
    assert not any(note.startswith("the detector was fitted now") for note in again["notes"])
    assert all((result["score"] > result["threshold"]) == result["stranger"] for result in again["results"])


def test_without_a_query_the_detector_is_made_and_told(run: Any, home: Home) -> None:
    land_pairs(home)
    code, found = run("strangers", "manuals", "--json")
    assert code == 0
    assert set(found["separations"]) == {"everyday_sentences"}
    assert "no other domain has landed here: everyday sentences are the only strangers" in found["notes"]
    assert Path(found["report"]).read_text().startswith("<!doctype html>")


def test_with_other_settings_it_is_a_trial_that_scores_nothing(run: Any, home: Home) -> None:
    land_pairs(home)
    _, made = run("strangers", "manuals", "--json")
    code, tried = run("strangers", "manuals", "--set", "out_of_distribution.false_positive_rate=0.4", "--json")
    assert code == 0
    assert tried["digest"] != made["digest"]
    assert any(note.startswith("a trial") for note in tried["notes"])
    _, asked = run("strangers", "manuals", "how", "--json")
    assert asked["results"][0]["threshold"] == pytest.approx(made["threshold"], abs=1e-6)


def test_a_query_before_there_is_a_dataset_is_a_sentence(run: Any) -> None:
    code, found = run("strangers", "manuals", "how", "--json")
    assert (code, found["error"]) == (2, "no dataset yet; run domain-ft dataset manuals")


@pytest.mark.parametrize("command", ["duplicates", "cluster"])
def test_a_person_reads_tables_in_which_no_text_is_obeyed(run: Any, tmp_path: Path, command: str) -> None:
    (tmp_path / "evil.txt").write_text("\x1b[31mred [bold]text\n\x1b[31mRED [bold]text\nother\n")
    code, printed = run(command, "manuals", "--from", tmp_path / "evil.txt")
    assert code == 0
    assert "\x1b[31m" not in printed
    assert "[bold]text" in printed


@pytest.mark.parametrize("command", ["duplicates", "cluster", "strangers"])
@pytest.mark.parametrize("setting", ["training.epochs=3", "training.precision=bf16", "training.loss=triplet"])
def test_a_setting_that_changes_no_embedding_is_refused(run: Any, command: str, setting: str) -> None:
    code, found = run(command, "manuals", "--set", setting, "--json")
    name = setting.partition("=")[0]
    assert (code, found["error"].partition(";")[0]) == (2, f"--set {name}: has no effect here")


@pytest.mark.parametrize("setting", ["training.prefixes=e5", "training.max_seq_length=8", "benchmark.batch_size=4"])
def test_a_setting_of_the_base_model_is_used_until_there_is_a_champion(run: Any, file: Path, setting: str) -> None:
    assert run("duplicates", "manuals", "--from", file, "--set", setting, "--json")[0] == 0


def test_once_there_is_a_champion_its_manifest_decides_and_only_the_device_can_be_set(
    run: Any, home: Home, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    land_pairs(home)
    crown(home, home.triplets("manuals") / "current")
    code, found = run("duplicates", "manuals", "--from", file, "--json")  # with the base model on the line
    assert (code, found["error"]) == (
        2,
        "--set training.base_model: has no effect here; manuals is served by its champion aaaaaaaaaaaa, whose manifest "
        "decides: leave it out",
    )
    with pytest.raises(SystemExit) as ended:
        cli.main(["duplicates", "manuals", "--from", str(file), "--set", "training.device=cpu", "--json"])
    assert ended.value.code in (None, 0)
    assert json.loads(capsys.readouterr().out)["model"] == {"name": "aaaaaaaaaaaa", "kind": "champion"}
