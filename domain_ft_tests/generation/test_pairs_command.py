"""`domain-ft generate pairs` as a person types it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from domain_ft.cli import main
from domain_ft.store.home import Home
from domain_ft_tests.generation.writing import write_paper
from domain_ft_tests.llm.server import OllamaServer

MANUAL = """# Replacing the oil filter
Switch the pump off and let it cool down for an hour before you begin to work on it, then unscrew the old filter and
catch the oil in a pan that holds two litres.
# Cleaning the pan
Wipe the pan with a dry cloth, and bring the old oil and the old filter to the store, where they are disposed of by the
crew of the day in the morning.
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of the command."""
    with pytest.raises(SystemExit) as ended:
        main(["generate", "pairs", *map(str, arguments), "--json"])
    code = ended.value.code
    return int(code or 0), json.loads(capsys.readouterr().out.splitlines()[-1])


def test_rules_make_pairs_without_a_model(capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path) -> None:
    (tmp_path / "pump.md").write_text(MANUAL)
    code, report = run(capsys, "manuals", tmp_path / "pump.md", "--set", "generation.least_words=20")
    assert (code, report["read"], report["rows"], report["asked"], report["rules"]) == (0, 1, 2, 0, {"gerund": 2})
    row = json.loads(Path(report["paths"][0]).read_text().splitlines()[0])
    assert (row["query"], row["hard_negative"], row["line"]) == ("How do I replace the oil filter?", True, 2)
    assert row["negative"].startswith("Wipe the pan")
    assert "created_at" not in row


def test_the_domains_folder_of_documents_is_the_default(capsys: pytest.CaptureFixture[str], home: Home) -> None:
    folder = home.documents("manuals") / "pumps"
    folder.mkdir(parents=True)
    (folder / "pump.md").write_text(MANUAL)
    _, report = run(capsys, "manuals", "--set", "generation.least_words=20")
    assert json.loads(Path(report["paths"][0]).read_text().splitlines()[0])["domain"] == "pumps"


def test_rows_may_go_to_another_folder(capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path) -> None:
    (tmp_path / "pump.md").write_text(MANUAL)
    out = tmp_path / "out"
    _, report = run(capsys, "manuals", tmp_path / "pump.md", "-o", out, "--set", "generation.least_words=20")
    assert [Path(path).parent for path in report["paths"]] == [out]
    assert not home.landing("manuals").exists()


def test_a_failing_file_is_told_and_the_exit_code_is_one(
    capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_text("no PDF")
    (tmp_path / "pump.md").write_text(MANUAL)
    code, report = run(capsys, "manuals", tmp_path, "--set", "generation.least_words=20")
    assert (code, report["files"], report["read"], report["failed"], report["rows"]) == (1, 2, 1, 1, 2)
    assert "a.pdf: is a broken PDF" in report["failures"][0]["why"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["requirements"], "learns from no query-passage pairs; domain-ft generate requirements"),
        (["test_history"], "learns from no query-passage pairs"),
        (["manuals", "gone.pdf"], "gone.pdf: no such file or folder"),
        (["manuals", "--again"], "--again: has no effect with --by rules"),
        (
            ["manuals", "--model", "tiny:1b"],
            "--model tiny:1b: has no effect where rules make the pairs; add --by ollama",
        ),
        (["manuals", "--by", "ollama"], "generation.model: name the model"),
        (["manuals", "--set", "training.epochs=3"], "has no effect here; this command uses generation only"),
        (["manuals", "--set", "generation.most_words=30"], "must be at least twice least_words"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], home: Home, arguments: list[str], said: str
) -> None:
    if arguments[-1] == "ollama":
        home.documents("manuals").mkdir(parents=True)
        (home.documents("manuals") / "pump.md").write_text(MANUAL)
    code, report = run(capsys, *arguments)
    assert code == 2
    assert said in report["error"]


def test_a_person_reads_counts_reasons_and_the_folder(
    capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_text("no PDF")
    (tmp_path / "pump.md").write_text(MANUAL)
    with pytest.raises(SystemExit):
        main(["generate", "pairs", "manuals", str(tmp_path), "--set", "generation.least_words=20"])
    said = capsys.readouterr().out
    assert "rows by rule: gerund: 2" in said
    assert "a.pdf: is a broken PDF" in said
    assert f"2 rows in 1 file: {home.landing('manuals')}" in said


def test_a_person_reads_why_a_copy_and_a_short_document_gave_nothing(
    capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    (tmp_path / "pump.md").write_text(MANUAL)
    (tmp_path / "same.md").write_text(MANUAL)
    (tmp_path / "short.txt").write_text("Too short to ask about.")
    with pytest.raises(SystemExit) as ended:
        main(["generate", "pairs", "manuals", str(tmp_path), "--set", "generation.least_words=20"])
    said = capsys.readouterr().out
    assert not ended.value.code
    assert f"{tmp_path / 'same.md'}: has the same content as {tmp_path / 'pump.md'}" in said
    assert f"{tmp_path / 'short.txt'}: gives no row: no section of it has 20 words" in said
    assert "words in no passage: 5 (sections shorter than generation.least_words: 1)" in said


def test_rows_of_a_document_before_it_changed_are_named_and_go_as_is_told(
    capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    def ingest() -> dict[str, Any]:
        with pytest.raises(SystemExit):
            main(["ingest", "manuals", "--json"])
        return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))

    pump = tmp_path / "pump.md"
    generate = ("manuals", tmp_path, "--set", "generation.least_words=20")
    pump.write_text(MANUAL)
    _, first = run(capsys, *generate)
    ingest()
    pump.write_text(MANUAL.replace("two litres", "nine litres"))
    _, second = run(capsys, *generate)
    (before,) = first["paths"]
    assert first["notes"] == []
    (note,) = second["notes"]
    assert note["file"] == str(pump)
    assert note["why"].startswith(f"has rows of before in {before} as well; to be rid of them, remove that file and")
    assert ingest()["tables"] == {"pairs": 4}
    Path(before).unlink()
    assert ingest()["tables"] == {"pairs": 4}
    (home.raw("manuals") / "current").unlink()
    assert ingest()["tables"] == {"pairs": 2}


def test_ctrl_c_ends_in_a_sentence_and_the_same_command_goes_on(
    server: OllamaServer, home: Home, tmp_path: Path
) -> None:
    server.faults.slow_s = 0.1
    papers = write_paper(tmp_path / "papers", "alpha", 12).parent
    line = [sys.executable, "-m", "domain_ft.cli", "generate", "pairs", "papers_qa", str(papers), "--model", "tiny:1b"]
    line += ["--set", "generation.least_words=20"]
    process = subprocess.Popen(line, env=dict(os.environ), stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 60
    while not any(file.stat().st_size for file in home.generated("papers_qa").glob("*/*.jsonl")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1][:24]) == (130, "domain-ft: interrupted; ")
    server.faults.slow_s = 0
    done = subprocess.run([*line, "--json"], env=dict(os.environ), capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert report["kept"] > 0
    assert (report["asked"] + report["kept"], report["rows"]) == (12, 12)


def test_rows_of_a_document_whose_name_is_in_another_encoding_land(
    capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    (tmp_path / os.fsdecode(b"pompe-\xe9.md")).write_text(MANUAL)
    code, report = run(capsys, "manuals", tmp_path, "--set", "generation.least_words=20")
    assert code == 0
    assert json.loads(Path(report["paths"][0]).read_text().splitlines()[0])["file_name"] == "pompe-\ufffd.md"


def test_a_broken_file_whose_name_is_in_another_encoding_is_told_and_the_rest_goes_on(
    capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    (tmp_path / os.fsdecode(b"b\xe9.tei")).write_text("<TEI><text>")
    (tmp_path / "pump.md").write_text(MANUAL)
    code, report = run(capsys, "manuals", tmp_path, "--set", "generation.least_words=20")
    assert (code, report["failed"], report["rows"]) == (1, 1, 2)
    assert "is broken XML" in report["failures"][0]["why"]
    with pytest.raises(SystemExit):
        main(["generate", "pairs", "manuals", str(tmp_path), "--set", "generation.least_words=20"])
    assert ".tei:1: is broken XML" in capsys.readouterr().out


def test_ingest_misses_no_column_of_rows_that_rules_made(
    capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    (tmp_path / "pump.md").write_text(MANUAL.split("# Cleaning")[0])
    run(capsys, "manuals", tmp_path, "--set", "generation.least_words=20")
    with pytest.raises(SystemExit):
        main(["ingest", "manuals", "--json"])
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["accepted"], report["notes"]) == (1, [])
