"""`domain-ft rank` as a person and a CI job meet it: whatever is in the way, tests run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain_ft import cli, stages
from domain_ft.domains import find_embedding_domain
from domain_ft.history.sample.write import write_sample
from domain_ft.prioritization.rank import Change
from domain_ft.pytest_plugin.landing_report import answer
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed, publish_folder, write_json
from domain_ft.uses.rank_tests import change_asked


@pytest.fixture
def landed(home: Home, tmp_path: Path) -> Home:
    stages.ingest(
        find_embedding_domain("test_history"),
        home,
        [write_sample(tmp_path / "s.csv", builds=20, tests=20, seed=1, signal=1.0).path],
    )
    return home


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(folder: Path, name: str, message: str) -> str:
    (folder / name).write_text(message)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def ranked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, JSON, stderr of `rank test_history`."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main(["rank", "test_history", "--json", *arguments])
    told = capsys.readouterr()
    return int(ended.value.code or 0), json.loads(told.out), told.err


def test_the_results_have_the_promised_fields(landed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    code, report, _ = ranked(capsys, "--change-text", "Fix the refund")
    assert code == 0
    assert len(report["results"]) == len({test["test"] for test in report["results"]}) > 15
    assert {"test", "rank", "score", "expected_s", "reason", "must_run", "run"} <= set(report["results"][0])
    assert (report["order"], report["fallback"]) == ("hybrid", None)
    assert report["notes"] == ["no experiment has chosen an order yet: run domain-ft prioritize test_history"]


def test_a_budget_marks_what_is_to_run(landed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    _, report, _ = ranked(capsys, "--change-text", "x", "--budget", "20%")
    assert 1 <= report["chosen"] < len(report["results"]) / 2
    assert [test["run"] for test in report["results"]] == [
        place < report["chosen"] for place in range(len(report["results"]))
    ]


def test_a_commit_of_a_repository_is_the_change(
    landed: Home, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sha = commit(repository, "cart.py", "Rework the checkout")
    assert change_asked(None, (), sha, repository) == (Change("Rework the checkout", ("cart.py",)), ())
    code, report, _ = ranked(capsys, "--commit", "HEAD", "--repo", str(repository))
    assert (code, report["fallback"]) == (0, None)


def test_a_commit_may_be_named_by_its_place_before_another(repository: Path) -> None:
    commit(repository, "cart.py", "Rework the checkout")
    commit(repository, "mail.py", "Mail it")
    assert change_asked(None, (), "HEAD~1", repository) == (Change("Rework the checkout", ("cart.py",)), ())


def test_a_repository_without_a_commit_is_said_to_count_for_nothing(
    landed: Home, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, report, _ = ranked(capsys, "--change-text", "x", "--repo", str(repository))
    assert report["notes"][0] == (f"--repo {repository} is not looked at: name a commit with --commit, such as HEAD")
    assert change_asked("x", (), None, None) == (Change("x"), ())


def test_a_shallow_clone_gives_the_text_and_says_that_it_knows_no_paths(repository: Path, tmp_path: Path) -> None:
    commit(repository, "a.py", "First")
    commit(repository, "b.py", "Second")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(clone))
    change, notes = change_asked(None, (), "HEAD", clone)
    assert change == Change("Second", ())
    assert "shallow clone" in notes[0]


def test_a_repository_without_commits_leaves_a_change_without_text(
    landed: Home, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report, _ = ranked(capsys, "--commit", "HEAD", "--repo", str(repository))
    assert (code, report["fallback"]) == (0, None)
    assert any("knows no such commit" in note or "git cannot read it" in note for note in report["notes"])
    assert any("the change has no text" in note for note in report["notes"])


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("no/such/folder", "is not a folder; name the git repository with --repo"),
        ("plain", "name a repository with --repo"),
        ("repository", "knows no such commit; fetch it, or say what changed with --change-text"),
    ],
)
def test_a_commit_that_cannot_be_read_says_what_to_type(
    repository: Path, tmp_path: Path, place: str, said: str
) -> None:
    (tmp_path / "plain").mkdir()
    where = repository if place == "repository" else tmp_path / place
    _, notes = change_asked("x", (), "0123abcd", where)
    assert len(notes) == 1
    assert said in notes[0]
    assert "source.repository" not in notes[0]


def test_unknown_tests_are_ranked_by_their_names_and_said(
    landed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tests.txt").write_text("tests/test_refund.py::test_pays_back\n\ntests/test_x.py::test_y\n")
    code, report, _ = ranked(capsys, "--change-text", "Refund pays back", "--tests", str(tmp_path / "tests.txt"))
    assert code == 0
    assert report["results"][0]["test"] == "tests/test_refund.py::test_pays_back"
    assert any(note.startswith("2 of 2 tests are not in the history") for note in report["notes"])


@pytest.fixture
def of_pytest(home: Home) -> Home:
    """A history of two runs of pytest."""
    tests = [["tests/test_cart.py::test_adds", "", "pass", 2.0], ["tests/test_mail.py::test_sends[a b]", "", "fail", 1]]
    for build in ("b1", "b2"):
        told = {"domain": "test_history", "build": build, "commit": None, "change_text": "Mend", "paths": []}
        answer({**told, "started": f"2026-05-0{build[1]}T10:00:00+00:00", "tests": tests})
    stages.ingest(find_embedding_domain("test_history"), home, sorted(home.landing("test_history").iterdir()))
    return home


def test_tests_that_pytest_has_listed_have_the_record_that_the_history_has_of_them(
    of_pytest: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = ["tests/test_cart.py::test_adds", "tests/test_mail.py::test_sends[a b]", "tests/test_cart.py::test_new"]
    (tmp_path / "ids.txt").write_text("\n".join([*ids, "", "3 tests collected in 0.65s", ""]))
    must = ("--set", "prioritization.must_run=test:tests.test_cart.*")
    _, report, _ = ranked(capsys, "--change-text", "x", "--tests", str(tmp_path / "ids.txt"), *must)
    tests = {test["test"]: (test["text"], test["expected_s"], test["must_run"]) for test in report["results"]}
    assert tests == {
        ids[0]: ("cart: adds", 2.0, True),
        ids[1]: ("mail: sends [a b]", 1.0, False),
        ids[2]: (ids[2], None, True),
    }
    assert report["notes"][1:] == [f"1 of 3 tests is not in the history ({ids[2]}): ranked by its name"]


def test_of_a_list_with_repeats_tests_are_counted_and_not_lines(
    of_pytest: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ids.txt").write_text("tests/test_cart.py::test_adds\nnew\ntests.test_cart.test_adds\nnew\n")
    _, report, _ = ranked(capsys, "--change-text", "x", "--tests", str(tmp_path / "ids.txt"))
    assert (len(report["results"]), report["expected_s"], report["guessed"]) == (2, 4.0, 1)
    assert report["notes"][1:] == [
        "1 of 2 tests is not in the history (new): ranked by its name",
        "2 lines of the list name tests again: each test is ranked once",
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--scope", "elsewhere"], "the history has no such scope"),
        (["--set", "prioritization.must_run=sometimes"], "is no rule"),
    ],
)
def test_on_any_trouble_the_original_order_stands_and_the_exit_code_is_0(
    landed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    (tmp_path / "tests.txt").write_text("b\na\nb\n")
    code, report, said = ranked(capsys, "--change-text", "x", "--tests", str(tmp_path / "tests.txt"), *arguments)
    assert code == 0
    assert [(test["test"], test["run"]) for test in report["results"]] == [("b", True), ("a", True)]
    assert why in report["fallback"]
    assert "warning: not ranked, the original order stands" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--budget", "soon"], "expected a time or a share"),
        (["--confidence", "95"], "nothing was measured yet"),
    ],
)
def test_what_cannot_be_planned_for_leaves_nothing_out_and_the_ranking_stands(
    landed: Home, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    code, report, _ = ranked(capsys, "--change-text", "Fix the refund", *arguments)
    assert (code, report["order"], report["fallback"]) == (0, "hybrid", None)
    assert all(test["run"] for test in report["results"])
    assert any(note.startswith("nothing was left out") and why in note for note in report["notes"])


def test_a_time_for_tests_without_durations_is_not_laid_to_the_whole_history(
    of_pytest: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ids.txt").write_text("new\nnewer\n")
    _, report, _ = ranked(capsys, "--change-text", "x", "--tests", str(tmp_path / "ids.txt"), "--budget", "0.5h")
    assert report["notes"][-1] == (
        "nothing was left out: --budget 0.5h: a time needs durations, and none of these tests has a known one; "
        "write a share"
    )


@pytest.mark.parametrize("budget", ["0.001s", "0.01%"])
def test_what_runs_beyond_the_budget_is_said(landed: Home, capsys: pytest.CaptureFixture[str], budget: str) -> None:
    _, report, _ = ranked(capsys, "--change-text", "x", "--budget", budget, "--set", "prioritization.must_run=test:*")
    assert report["chosen"] == len(report["results"])
    assert any(note.startswith("more than --budget ") and budget in note for note in report["notes"])
    _, within, _ = ranked(capsys, "--change-text", "x", "--budget", "90%")
    assert not any(note.startswith("more than") for note in within["notes"])


def test_of_a_budget_and_a_confidence_it_is_said_which_decides(
    landed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    _, report, _ = ranked(capsys, "--change-text", "x", "--budget", "20%", "--confidence", "95")
    assert "--budget 20% decides, and --confidence 95 is not looked at" in report["notes"]
    assert report["chosen"] < len(report["results"])


def compared(home: Home, order: str, **caught: list[float]) -> None:
    """Publish what an experiment on the newest history would have found, with the curves of some orders."""
    raw = pointed(home.raw("test_history") / "current")
    assert raw is not None
    curves = {name: [{"mean": mean} for mean in means] for name, means in caught.items()}
    content = {
        "choice": {"order": order, "why": f"{order} is best"},
        "curve": {"share": [0.05, 0.5, 1.0], "caught": curves},
        "builds": {"judged": 120},
        "dataset": {"raw": raw.name},
        "weights": {},
        "models": {},
    }
    folder = home.prioritizations("test_history")
    publish_folder(folder / "e1", lambda inside: write_json(inside / "prioritization.json", content) or {})
    point(folder / "current", "e1")


def land_more(home: Home, folder: Path) -> None:
    more = write_sample(folder / "more.csv", builds=25, tests=20, seed=2, signal=1.0).path
    stages.ingest(find_embedding_domain("test_history"), home, [more])


def test_builds_that_have_landed_since_orders_were_compared_are_said(
    landed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared(landed, "bm25")
    _, fresh, _ = ranked(capsys, "--change-text", "x")
    land_more(landed, tmp_path)
    _, report, _ = ranked(capsys, "--change-text", "x")
    assert (fresh["order"], fresh["notes"], report["order"]) == ("bm25", [], "bm25")
    assert report["notes"] == [
        "builds have landed since orders were compared: "
        "run domain-ft dataset test_history, then domain-ft prioritize test_history"
    ]


def test_an_order_that_the_settings_name_is_not_older_than_its_builds(
    landed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared(landed, "hybrid", bm25=[0.5, 1.0, 1.0])
    land_more(landed, tmp_path)
    fixed = ("--change-text", "x", "--set", "prioritization.order=bm25")
    assert ranked(capsys, *fixed)[1]["notes"] == []
    assert any(
        "since orders were compared" in note for note in ranked(capsys, *fixed, "--confidence", "95")[1]["notes"]
    )


def test_a_confidence_is_measured_on_the_order_that_ranks_and_says_on_how_many_builds(
    landed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    compared(landed, "tuned_cosine", tuned_cosine=[0.0, 0.0, 1.0], hybrid=[0.967, 1.0, 1.0])
    model = ("--set", "prioritization.semantic.model_name=none")
    _, report, _ = ranked(capsys, "--change-text", "x", "--confidence", "95", *model)
    assert report["order"] == "hybrid"
    assert (
        "--confidence 95: by 5 % of the test time, 96.7 % of the 120 judged builds had shown a fault"
        in (report["notes"])
    )


def test_an_order_without_a_curve_leaves_nothing_out(landed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    compared(landed, "hybrid", hybrid=[1.0, 1.0, 1.0])
    _, report, _ = ranked(capsys, "--change-text", "x", "--confidence", "95", "--set", "prioritization.order=bm25")
    assert all(test["run"] for test in report["results"])
    assert report["notes"] == [
        "nothing was left out: --confidence: the experiment has no curve of the order bm25; "
        "run domain-ft prioritize test_history"
    ]


def test_trouble_without_a_list_of_tests_lists_those_that_the_history_knows(
    landed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    _, whole, _ = ranked(capsys, "--change-text", "x")
    code, report, _ = ranked(capsys, "--change-text", "x", "--scope", "elsewhere")
    assert (code, report["order"]) == (0, "original")
    assert {test["test"] for test in report["results"]} == {test["test"] for test in whole["results"]}


def test_a_list_with_a_byte_order_mark_names_the_same_tests(
    landed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tests.txt").write_text("\ufeffa\r\nb\r\n", encoding="utf-8")
    _, report, _ = ranked(capsys, "--change-text", "x", "--tests", str(tmp_path / "tests.txt"))
    assert {test["test"] for test in report["results"]} == {"a", "b"}


def test_an_order_that_nothing_has_learned_yet_is_said(landed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    _, report, _ = ranked(capsys, "--change-text", "x", "--set", "prioritization.order=lambdarank")
    assert "lambdarank has not been learned yet" in report["fallback"]


def test_without_any_history_the_original_order_stands(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    code, report, _ = ranked(capsys, "--change-text", "x")
    assert (code, report["results"], report["order"]) == (0, [], "original")
    assert "nothing has landed yet" in report["fallback"]


def test_a_list_of_tests_that_cannot_be_read_leaves_no_order_to_fall_back_on(
    landed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["rank", "test_history", "--json", "--tests", "no/such/file"])
    assert ended.value.code == 2
    assert "name a file with one test id a line" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    ("domain", "said"),
    [("test_histroy", "did you mean test_history?"), ("papers_qa", "holds no test execution history")],
)
def test_a_wrong_domain_without_a_list_leaves_no_order_to_fall_back_on(
    home: Home, capsys: pytest.CaptureFixture[str], domain: str, said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["rank", domain, "--json", "--change-text", "x"])
    assert ended.value.code == 2
    assert said in json.loads(capsys.readouterr().out)["error"]


def test_a_wrong_domain_with_a_list_leaves_the_list_as_it_is(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tests.txt").write_text("b\na\n")
    with pytest.raises(SystemExit) as ended:
        cli.main(["rank", "papers_qa", "--json", "--change-text", "x", "--tests", str(tmp_path / "tests.txt")])
    assert int(ended.value.code or 0) == 0
    assert [test["test"] for test in json.loads(capsys.readouterr().out)["results"]] == ["b", "a"]


def test_ranking_by_history_and_words_imports_no_torch(landed: Home) -> None:
    script = (
        "import sys\nfrom domain_ft import cli\n"
        "try:\n    cli.main(['rank', 'test_history', '--json', '--change-text', 'x'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'transformers', 'mlflow', 'pandas', 'lightgbm'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["fallback"] is None
    assert done.stderr.splitlines()[-1] == "[]"
