"""The examples run on a model's folder alone: with a file of texts, with none, and with a sentence where it is not."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from domain_ft.store.home import CHECKOUT
from domain_ft_tests.tiny_model import make_tiny_model

EXAMPLES = sorted((CHECKOUT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "champion"
    make_tiny_model(folder)
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
def test_an_example_runs_with_texts_of_its_own_and_with_those_of_a_file(
    example: Path, model: Path, tmp_path: Path
) -> None:
    own = run(example, model, folder=tmp_path)
    assert own.returncode == 0, own.stderr
    assert len(own.stdout.splitlines()) >= 3
    (tmp_path / "texts.txt").write_text("".join(f"text number {n}\n\n" for n in range(30)))
    of_file = run(example, model, tmp_path / "texts.txt", folder=tmp_path)
    assert of_file.returncode == 0, of_file.stderr
    assert "text number" in of_file.stdout


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_file_of_texts_that_is_not_there_is_a_sentence(example: Path, model: Path, tmp_path: Path) -> None:
    done = run(example, model, "no.txt", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("no.txt: no such file; name one with a text a line\n")


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_where_there_is_no_model_an_example_says_what_to_run(example: Path, tmp_path: Path) -> None:
    done = run(example, tmp_path / "nowhere", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("no model is published there; run domain-ft run DOMAIN FILE first")
