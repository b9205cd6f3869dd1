"""The making of a starter base model, by the process that trains it; others ask `domain_ft.starter_lm.made`."""

import json
import shutil
from functools import cache
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

from domain_ft.faults import faults_as_sentences
from domain_ft.progress import Progress, silent
from domain_ft.starter_lm.card import starter_card
from domain_ft.starter_lm.documents import documents
from domain_ft.starter_lm.model import save_model
from domain_ft.starter_lm.phrases import load_phrases
from domain_ft.starter_lm.products import words_of_names
from domain_ft.starter_lm.recipe import Recipe, Size, recipe_of
from domain_ft.starter_lm.tokenizer import save_tokenizer, train_tokenizer
from domain_ft.store.home import Home
from domain_ft.store.publish import is_sound, publish_folder
from domain_ft.training.checkpoints import CHECKPOINTS
from domain_ft.training.device import prepare_threads
from domain_ft.training.lease import device_lease, hold
from domain_ft.training.stop import StopRequest, TrainingStoppedError

TRAINING_LOG = "training_log.jsonl"
_TOKENIZER_DOCUMENTS = 4000
_TOKENIZER_DRILLS = 0.1
_TOKENIZER_FACTS = 100
_TOKENIZER_NAMES = 200
_LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")


def starter_lm_folder(size: Size, home: Home, *, progress: Progress = silent, stop: StopRequest | None = None) -> Path:
    """The folder of the starter model of a size; its first call makes it, which takes minutes but for `xs`.

    Of two processes one makes it and the other waits, and it waits for the processor as a training does. What a stop
    interrupts, the next call goes on with; one that was altered is made anew. TrainingStoppedError where `stop` is
    asked for, after a checkpoint.
    """
    recipe, name = recipe_of(size), f"the starter model {size}"
    target, lock = home.starter_lm(recipe.digest), home.starter_lm_lock(recipe.digest)

    def tell(sentence: str) -> None:
        progress(sentence, 0)

    def check() -> None:
        if stop and stop.asked:
            raise TrainingStoppedError(f"stopped ({stop.reason}) before {name} was begun; the same command makes it")

    with faults_as_sentences(target), hold(lock, name, "makes it", on_wait=tell, check=check):
        if not is_sound(target):
            with device_lease(home, "cpu", f"makes {name}", on_wait=tell, check=check):
                _make(recipe, target, home.starter_lm_work(recipe.digest), progress, stop)
    return target


def _make(recipe: Recipe, target: Path, work: Path, progress: Progress, stop: StopRequest | None) -> None:
    prepare_threads()
    from domain_ft.starter_lm.pretrain import pretrain

    tokenizer = starter_tokenizer(recipe)
    trained = pretrain(recipe, tokenizer, work, progress, stop)

    def write(folder: Path) -> dict[str, Any]:
        save_model(trained.model, folder)
        save_tokenizer(tokenizer, folder, recipe.positions)
        parameters = sum(weights.numel() for weights in trained.model.parameters())
        tokens, loss = int(sum(each["tokens"] for each in trained.log)), trained.log[-1]["loss"]
        (folder / "README.md").write_text(starter_card(recipe, parameters, tokens, loss), encoding="utf-8")
        lines = "".join(f"{json.dumps(each)}\n" for each in trained.log)
        (folder / TRAINING_LOG).write_text(lines, encoding="utf-8")
        return {
            "kind": "starter_lm",
            "demonstration": True,
            "size": recipe.size,
            "recipe": recipe.described(),
            "parameters": parameters,
            "tokens": tokens,
            "loss": loss,
            "seconds": trained.seconds,
            "libraries": {name: version(name) for name in _LIBRARIES},
        }

    publish_folder(target, write)
    shutil.rmtree(work / CHECKPOINTS, ignore_errors=True)


def starter_tokenizer(recipe: Recipe) -> Any:
    """The tokenizer of a recipe, trained on text as the model reads it.

    What is said of requirements in general counts often, so that the words which adapters need are whole tokens; so do
    the words of names where they begin a line, for a name can be copied into a sentence only where its words there are
    the same tokens but for the space.
    """
    return _tokenizer(recipe.seed, recipe.vocabulary)


@cache
def _tokenizer(seed: int, vocabulary: int) -> Any:
    found = islice(documents(seed, _TOKENIZER_DRILLS), _TOKENIZER_DOCUMENTS)
    texts = (text for each in found for text in each.texts)
    often = load_phrases().facts * _TOKENIZER_FACTS + words_of_names() * _TOKENIZER_NAMES
    return train_tokenizer(chain(texts, often), vocabulary)
