"""The newest that a stage has published, or a sentence that says what to do first."""

from pathlib import Path

from domain_ft.domain import AdapterDomain, Domain
from domain_ft.errors import InputError
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed


def newest(stage: Path, otherwise: str) -> Path:
    """What `current` among a stage's folders leads to; InputError with the sentence where nothing is there."""
    folder = pointed(stage / "current")
    if folder is None:
        raise InputError(otherwise)
    return folder


def newest_raw(domain: Domain, home: Home) -> Path:
    """The newest tables of what landed."""
    return newest(home.raw(domain.name), f"nothing has landed yet; run domain-ft ingest {domain.name} FILE")


def newest_dataset(domain: AdapterDomain, home: Home) -> Path:
    """The newest fixed records."""
    return newest(home.fixed(domain.name), f"no dataset yet; run domain-ft dataset {domain.name}")


def newest_model(domain: Domain, home: Home) -> Path:
    """The newest model."""
    return newest(home.models(domain.name), f"no model yet; run domain-ft train {domain.name}")
