"""The command line as a script sees it: one JSON object on stdout, one sentence for what is wrong, exit codes."""

import builtins
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain_ft import cli
from domain_ft.__main__ import main
from domain_ft.store.home import READ_ROOTS_VARIABLE, Home
from domain_ft_tests.tiny_model import make_tiny_model


class Outcome:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        self.code, self.stdout, self.stderr = code, stdout, stderr

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.stdout)
        return value


@pytest.fixture
def run(home: Home, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in this process, in a state root of the test's own."""

    def run_command(*arguments: str | Path) -> Outcome:
        with pytest.raises(SystemExit) as exit_info:
            cli.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(int(exit_info.value.code or 0), printed.out, printed.err)

    return run_command


@pytest.fixture
def sample(run: Any, tmp_path: Path) -> Path:
    path = tmp_path / "sample.csv.gz"
    run("sample", "test_history", "--out", path, "--builds", 120, "--tests", 40, "--broken-rows", 7, "--json")
    return path


def test_sample_says_where_and_how_many_rows(run: Any, tmp_path: Path) -> None:
    done = run("sample", "test_history", "--out", tmp_path / "s.csv", "--builds", "60", "--tests", "20", "--json")
    assert (done.code, done.json["path"]) == (0, str(tmp_path / "s.csv"))
    assert done.json["rows"] == len((tmp_path / "s.csv").read_text().splitlines()) - 1


def test_the_counts_of_ingest_add_up_and_broken_rows_are_rejected(run: Any, sample: Path) -> None:
    counts = run("ingest", "test_history", sample, "--json").json
    assert counts["rejected"] == 7
    assert counts["read"] == counts["accepted"] + counts["rejected"] + counts["duplicates"]


def test_an_ingested_file_is_kept_in_the_landing_folder(run: Any, sample: Path, home: Home) -> None:
    run("ingest", "test_history", sample, "--json")
    assert (home.landing("test_history") / sample.name).read_bytes() == sample.read_bytes()


def test_the_same_file_again_adds_nothing(run: Any, sample: Path) -> None:
    first = run("ingest", "test_history", sample, "--json").json
    again = run("ingest", "test_history", sample, "--json").json
    assert (again["digest"], again["accepted"]) == (first["digest"], 0)


def test_dataset_reports_counts_funnel_and_no_leakage(run: Any, sample: Path) -> None:
    run("ingest", "test_history", sample)
    done = run("dataset", "test_history", "--set", "triplets.minimum=1", "--json")
    assert done.code == 0, done.stderr
    assert done.json["counts"]["train"] > 0
    assert set(done.json["leakage"].values()) == {0}
    assert {"path", "digest", "counts", "funnel", "leakage"} <= done.json.keys()


def test_a_person_is_shown_tables_instead(run: Any, sample: Path) -> None:
    done = run("ingest", "test_history", sample)
    assert "rejected rows with their reasons" in done.stdout


@pytest.mark.parametrize("command", ["domains", "status"])
def test_status_shows_where_each_domain_stands(run: Any, sample: Path, command: str) -> None:
    ingested = run("ingest", "test_history", sample, "--json").json
    rows = {row["name"]: row for row in run(command, "--json").json["domains"]}
    row = rows["test_history"]
    assert (row["name"], row["raw"]) == ("test_history", ingested["digest"])
    assert (row["dataset"], row["champion"]) == (None, None)
    assert {"name", "kind", "landing", "raw", "dataset", "model", "champion"} <= row.keys()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ingest", "test_history", "nowhere.csv"), "nowhere.csv"),
        (("ingest", "test_history"), "no finished file to read"),
        (("dataset", "test_history"), "run domain-ft ingest test_history"),
        (("train", "test_history"), "run domain-ft dataset test_history"),
        (("benchmark", "test_history"), "run domain-ft train test_history"),
        (("promote", "test_history"), "run domain-ft benchmark test_history"),
        (("dataset", "test_histroy"), "did you mean test_history?"),
        (("dataset", "test_history", "--preset", "qick"), "has no preset 'qick'"),
        (("train", "test_history", "--set", "training.epoch=3"), "did you mean epochs?"),
        (("train", "test_history", "--set", "training.epochs=many"), "valid number"),
        (("train", "test_history", "--set", "epochs"), "expected section.key=value"),
        (("dataset", "test_history", "--set", "training.epochs=3"), "this command uses triplets only"),
        (("dataset", "test_history", "--set", "triplets.split=1", "--set", "triplets.split.test=0.1"), "given a value"),
        (("sample", "test_history", "--out", "s.parquet"), "end in .csv or .csv.gz"),
        (("clean", "test_histroy"), "did you mean test_history?"),
        (("sweep", "test_history"), "nothing to vary"),
        (("sweep", "test_history", "--set", "training.epochs=1,2"), "run domain-ft ingest test_history"),
        (("sweep", "test_history", "--set", "training.seed=1,2,3", "--max", "2"), "allow them: --max 3"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_2(run: Any, arguments: tuple[str, ...], sentence: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_state_root_that_is_no_folder_is_refused(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DOMAIN_FT_HOME", str(tmp_path / "file"))
    done = run("status")
    assert (done.code, len(done.stderr.splitlines())) == (2, 1)
    assert "is not a folder" in done.stderr


def test_a_place_that_cannot_be_written_ends_in_a_sentence(
    run: Any, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOMAIN_FT_HOME", "/proc/nowhere")
    done = run("ingest", "test_history", sample)
    assert (done.code, len(done.stderr.splitlines())) == (1, 1)
    assert "/proc/nowhere" in done.stderr


def test_a_damaged_dataset_is_named(run: Any, sample: Path) -> None:
    run("ingest", "test_history", sample, "--json")
    dataset = Path(run("dataset", "test_history", "--set", "triplets.minimum=1", "--json").json["path"])
    (dataset / "triplets.parquet").write_bytes(b"PAR1")
    done = run("train", "test_history")
    assert (done.code, len(done.stderr.splitlines())) == (1, 1)
    assert "triplets.parquet: not readable" in done.stderr


def test_with_json_a_failure_is_an_object_too(run: Any) -> None:
    done = run("dataset", "test_history", "--json")
    assert done.json["exit_code"] == 2
    assert "domain-ft ingest" in done.json["error"]


def test_an_unknown_command_is_refused_with_usage(run: Any) -> None:
    done = run("trian", "test_history")
    assert done.code == 2
    assert "No such command" in done.stderr


@pytest.mark.slow
def test_a_base_model_typed_at_the_terminal_is_meant_from_there_and_may_be_read(
    run: Any, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READ_ROOTS_VARIABLE, "")
    monkeypatch.chdir(tmp_path)
    make_tiny_model(tmp_path / "mine")
    run("ingest", "test_history", sample, "--json")
    run("dataset", "test_history", "--set", "triplets.minimum=1", "--json")

    settings = ("base_model=mine", "max_steps=1", "max_seq_length=16", "precision=fp32", "device=cpu")
    done = run("train", "test_history", "--json", *(f"--set=training.{each}" for each in settings))

    manifest = json.loads((Path(done.json["path"]) / "manifest.json").read_bytes())
    assert manifest["base_model"] == str(tmp_path / "mine")


def test_rolling_back_without_a_champion_fails(run: Any) -> None:
    done = run("rollback", "test_history")
    assert done.code == 1
    assert "no champion yet" in done.stderr


def test_clean_says_what_would_go_and_removes_it_only_without_dry_run(run: Any, home: Home) -> None:
    abandoned = home.state / "runs" / "1234"
    abandoned.mkdir(parents=True)
    os.utime(abandoned, (0, 0))
    named = run("clean", "--dry-run", "--json")
    assert named.code == 0
    (gone,) = named.json["removed"]
    assert (gone["path"], gone["kind"], named.json["dry_run"]) == (str(abandoned), "run", True)
    assert {"path", "kind", "bytes", "why"} <= gone.keys()
    assert abandoned.exists()
    assert "1 run note" in run("clean", "test_history").stdout
    assert not abandoned.exists()
    assert "nothing to remove" in run("clean", "test_history").stdout


def test_status_shows_what_mlflow_is_owed(run: Any, home: Home) -> None:
    (home.state / "owed").mkdir(parents=True)
    debt = {"kind": "promotion", "name": "b1", "since": "2024-05-31T08:15:00+00:00", "why": "MLflow is down"}
    (home.state / "owed" / "test_history.json").write_text(json.dumps({"owed": [debt]}))
    owed = {row["name"]: row["owed"] for row in run("status", "--json").json["domains"]}
    assert owed == {"manuals": [], "papers_qa": [], "requirements": [], "test_history": [debt]}
    assert "MLflow is owed the promotion of b1 since 2024-05-31T08:15:00+00:00" in run("status").stdout


def test_doctor_checks_everything_and_says_what_it_found(run: Any) -> None:
    done = run("doctor", "--json")
    checks = {check["name"]: check for check in done.json["checks"]}
    assert done.json["ok"] == all(check["ok"] for check in checks.values())
    assert {"python", "packages", "state root", "disk", "domains", "starter model", "device", "mlflow"} <= checks.keys()
    assert all(check["detail"] for check in checks.values())


def test_help_needs_no_heavy_library() -> None:
    script = "import sys, domain_ft.cli; print(sorted({'torch', 'mlflow', 'dagster', 'polars'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_commands_of_embedding_models_load_nothing_of_adapters(home: Home) -> None:
    script = (
        "import sys\nfrom domain_ft.cli import main\n"
        "for command in ('dataset', 'train', 'benchmark'):\n"
        "    try:\n        main([command, 'test_history'])\n"
        "    except SystemExit as ended:\n        print(command, ended.code)\n"
        "print(sorted({'domain_ft.adapter_stages', 'torch', 'scipy.stats', 'mlflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["dataset 2", "train 2", "benchmark 2", "[]"]


def test_ctrl_c_while_the_command_line_is_loaded_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load = builtins.__import__

    def interrupted(name: str, *options: Any) -> Any:
        if name == "domain_ft.cli":
            raise KeyboardInterrupt
        return load(name, *options)

    monkeypatch.setattr(builtins, "__import__", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "domain-ft: interrupted before anything was done\n")
