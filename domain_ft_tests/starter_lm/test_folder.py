"""The folder of a starter: made once, the same each time, and it says what it is."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from domain_ft.llm.local import load_generator
from domain_ft.llm.protocol import GenerationOptions, Message
from domain_ft.starter_lm import recipe as recipes
from domain_ft.starter_lm.folder import starter_lm_folder
from domain_ft.starter_lm.recipe import Recipe, recipe_of
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest, verify_folder
from domain_ft.training.lease import device_lease
from domain_ft_tests.starter_lm.conftest import MOMENT


@pytest.fixture
def quick(moment: Recipe, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """The recipe of a moment in place of `xs`."""
    monkeypatch.setitem(recipes._RECIPES, "xs", moment)
    return moment


TWO = """
import sys
import threading
from pathlib import Path
from domain_ft.starter_lm import recipe as recipes
from domain_ft.starter_lm.folder import starter_lm_folder
from domain_ft.store.home import Home
from domain_ft.training.lease import device_lease
from domain_ft_tests.starter_lm.conftest import MOMENT

recipes._RECIPES["xs"] = MOMENT
steps = []
starter_lm_folder("xs", Home(Path(sys.argv[1])), progress=lambda name, done, total=None: steps.append(total))
print(steps.count(MOMENT.steps))
"""


def refuse(step: str, done: int, total: int | None = None) -> None:
    raise AssertionError("something was made")


def test_the_same_recipe_makes_the_same_files(quick: Recipe, tmp_path: Path) -> None:
    one, other = (starter_lm_folder("xs", Home(tmp_path / name)) for name in ("one", "other"))
    assert one.name == other.name == quick.digest
    assert read_manifest(one)["files"] == read_manifest(other)["files"]


def test_what_is_there_is_not_made_again(quick: Recipe, home: Home) -> None:
    folder = starter_lm_folder("xs", home)
    assert starter_lm_folder("xs", home, progress=refuse) == folder


@pytest.mark.slow
def test_of_two_processes_one_makes_it(home: Home) -> None:
    command = [sys.executable, "-c", TWO, str(home.root)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(int(each.communicate()[0]) for each in both) == [0, MOMENT.steps]


def test_it_waits_for_the_processor_as_a_training_does(quick: Recipe, home: Home) -> None:
    told: list[str] = []
    heard = threading.Event()

    def hear(sentence: str, done: int, total: int | None = None) -> None:
        told.append(sentence)
        heard.set()

    with device_lease(home, "cpu", "trains test/1", on_wait=print):
        making = threading.Thread(target=starter_lm_folder, args=("xs", home), kwargs={"progress": hear})
        making.start()
        assert heard.wait(30)
        assert not home.starter_lm(quick.digest).exists()
    making.join()
    assert told[0].startswith("waits for cpu: pid ")
    assert "trains test/1" in told[0]
    verify_folder(home.starter_lm(quick.digest))


def test_one_that_was_altered_is_made_anew(quick: Recipe, home: Home) -> None:
    folder = starter_lm_folder("xs", home)
    before = read_manifest(folder)["files"]
    (folder / "config.json").write_text("{}")
    assert read_manifest(starter_lm_folder("xs", home))["files"] == before
    verify_folder(folder)


def test_nothing_is_left_beside_the_folder(quick: Recipe, home: Home) -> None:
    folder = starter_lm_folder("xs", home)
    assert list(folder.parent.iterdir()) == [folder]
    assert not (home.starter_lm_work(quick.digest) / "checkpoints").exists()


def test_it_says_that_it_is_a_demonstration(starter_xs: Path) -> None:
    verify_folder(starter_xs)
    manifest = read_manifest(starter_xs)
    assert (manifest["kind"], manifest["demonstration"], manifest["size"]) == ("starter_lm", True, "xs")
    assert manifest["recipe"] == recipe_of("xs").described()
    assert "demonstration model" in (starter_xs / "README.md").read_text()


def test_it_answers_as_a_local_model(starter_xs: Path) -> None:
    generator = load_generator(starter_xs, device="cpu")
    answer = generator.generate([Message("user", "What?")], GenerationOptions(num_predict=8))
    assert 0 < (answer.tokens_out or 0) <= 8


def test_it_is_a_plain_llama(starter_xs: Path) -> None:
    from transformers import AutoConfig

    config: Any = AutoConfig.from_pretrained(str(starter_xs))
    assert config.architectures == ["LlamaForCausalLM"]
    assert (config.hidden_act, config.attention_bias, config.mlp_bias) == ("silu", False, False)
    assert config.tie_word_embeddings


def test_asking_for_a_name_needs_no_torch() -> None:
    code = (
        "import sys; from domain_ft.starter_lm.folder import starter_lm_folder; "
        "from domain_ft.starter_lm.recipe import recipe_of; recipe_of('s').digest; "
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
