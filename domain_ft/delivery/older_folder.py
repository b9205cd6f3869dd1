"""A model's folder with what older programs look for beside what today's transformers writes.

Ollama reads `rope_theta` and `rope_scaling`, which transformers 5 writes as `rope_parameters` alone, and takes others
where it finds none; and it puts the first token before a text that begins with it already, if the tokenizer says so.
"""

from pathlib import Path

from domain_ft.delivery.configuration import read_configuration
from domain_ft.store.publish import write_json


def as_older_programs_read(folder: Path) -> None:
    """Say positions in the older words, too, and that a rendered text has its first token already."""
    path = folder / "config.json"
    config = read_configuration(path)
    rope = config.get("rope_parameters") or {}
    if "rope_theta" in rope:
        theta = rope["rope_theta"]
        scaling = None if rope.get("rope_type") == "default" else {k: v for k, v in rope.items() if k != "rope_theta"}
        write_json(path, {"rope_theta": theta, **({"rope_scaling": scaling} if scaling else {}), **config})
    path = folder / "tokenizer_config.json"
    if path.is_file():
        write_json(path, {**read_configuration(path), "add_bos_token": False})
