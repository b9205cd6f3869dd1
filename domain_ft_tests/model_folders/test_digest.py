"""The digest of a model is that of what it computes with."""

import shutil
from pathlib import Path

from domain_ft.model_folders.digest import model_digest
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder


def test_the_digest_of_a_model_is_the_same_before_and_after_publishing(home: Home, folder: Path) -> None:
    def write(into: Path) -> dict[str, str]:
        shutil.copytree(folder, into, dirs_exist_ok=True)
        (into / "README.md").write_text("a card")
        (into / "training_log.jsonl").write_text("{}")
        return {"kind": "embedding_model"}

    assert model_digest(publish_folder(home.models("d") / "v", write)) == model_digest(folder)


def test_the_digest_of_a_model_changes_with_its_weights(folder: Path) -> None:
    before = model_digest(folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b" ")
    assert model_digest(folder) != before
