"""The examples run on a model's folder alone: with a file of texts, with none, and with a sentence where it is not."""

import ast
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from domain_ft.store.home import CHECKOUT
from domain_ft_tests.tiny_model import make_tiny_model

TEXTS = [
    "oil the pump", "oil the pump pump", "oil oil the pump",
    "zebra zebra radar", "zebra radar radar", "radar zebra radar screen",
    "8 9 8 9 8 9", "9 9 8 8 9", "8 9 9 8",
]  # fmt: skip
"""Three topics, which a model tells apart by their words alone."""
EXAMPLES = sorted((CHECKOUT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "champion"
    make_tiny_model(folder, sorted({word for text in TEXTS for word in text.split()}))
    return folder


def run(example: Path, *arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """In a folder from where this project cannot be imported by chance."""
    return subprocess.run(
        [sys.executable, example, *arguments], capture_output=True, text=True, check=False, cwd=folder
    )


def test_there_are_three() -> None:
    assert [example.stem for example in EXAMPLES] == ["clusters", "duplicates", "semantic_search"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_uses_nothing_of_this_project(example: Path) -> None:
    tree = ast.parse(example.read_text())
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert not [name for name in names if name.startswith("domain_ft")]


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_with_texts_of_its_own(example: Path, model: Path, tmp_path: Path) -> None:
    own = run(example, model, folder=tmp_path)
    assert own.returncode == 0, own.stderr
    assert len(own.stdout.splitlines()) >= 3


@pytest.mark.slow
def test_the_passage_that_says_what_is_asked_comes_first(model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    asked = [TEXTS[4], TEXTS[7]]
    done = run(CHECKOUT / "examples" / "semantic_search.py", model, "texts.txt", "--ask", *asked, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for question in asked:
        place = lines.index(question)
        assert lines[place + 1] == f"  1.000  {question}"
        cosines = [float(line.split()[0]) for line in lines[place + 1 : place + 4]]
        assert cosines == sorted(cosines, reverse=True)


@pytest.mark.slow
def test_the_pair_that_says_the_same_is_the_only_one_at_one(model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n\n".join([*TEXTS, "Oil  the PUMP pump"]))
    done = run(CHECKOUT / "examples" / "duplicates.py", model, "texts.txt", "--threshold", "0.9999", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == [
        "1 of 45 pairs at 0.9999 or more",
        "  1.000  oil the pump pump  |  Oil  the PUMP pump",
    ]


@pytest.mark.slow
def test_texts_of_one_topic_stand_in_one_cluster(model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    done = run(CHECKOUT / "examples" / "clusters.py", model, "texts.txt", "--clusters", "3", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    _, *clusters = re.split(r"cluster \d \(size 3\)\n", done.stdout)
    found = {frozenset(line.strip() for line in each.splitlines()) for each in clusters}
    assert found == {frozenset(TEXTS[:3]), frozenset(TEXTS[3:6]), frozenset(TEXTS[6:])}


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory; name a file with a text a line"),
        (b" \n\n", "holds no text; write one a line"),
        ("ölen".encode("latin-1"), "is not UTF-8; save it as UTF-8"),
    ],
    ids=["absent", "empty", "latin-1"],
)
def test_a_file_without_texts_is_a_sentence(example: Path, tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "texts.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(example))["lines_of"](file)
    assert ended.value.code == f"{file}: {said}"


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_empty_file_ends_an_example_without_a_traceback(example: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").touch()
    done = run(example, model, "texts.txt", folder=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == "texts.txt: holds no text; write one a line"


@pytest.mark.slow
def test_more_clusters_than_texts_allow_are_a_sentence(model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("only one\n")
    done = run(CHECKOUT / "examples" / "clusters.py", model, "texts.txt", folder=tmp_path)
    assert done.stderr.endswith("--clusters 3: expected at least 2, and fewer than there are texts (1)\n")


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_where_there_is_no_model_an_example_says_what_to_run(example: Path, tmp_path: Path) -> None:
    done = run(example, tmp_path / "nowhere", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("no model is published there; run domain-ft run DOMAIN FILE first")
