"""What each base model of a domain has come to: a note per base, by which they are compared and kept from removal."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from domain_ft.store.home import Home
from domain_ft.store.publish import write_json

RECORD = "base.json"


@dataclass(frozen=True)
class BaseRecord:
    """The model that was last made from a base; `benchmark` is None until it has been judged."""

    base: str
    """As the YAML names it."""
    version: str
    dataset: str
    benchmark: str | None = None


def write_record(home: Home, domain: str, key: str, record: BaseRecord) -> None:
    """Note what a base has come to."""
    folder = home.bases(domain) / key
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / RECORD, asdict(record))


def read_record(folder: Path) -> BaseRecord | None:
    """The note in a base's folder; None where there is none that can be read."""
    try:
        return BaseRecord(**json.loads((folder / RECORD).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
