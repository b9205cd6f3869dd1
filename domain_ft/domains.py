"""The domains of this checkout: all of them, or the one of a name."""

import difflib
from pathlib import Path

from domain_ft.domain import AdapterDomain, AnyDomain, Domain, EmbeddingDomain
from domain_ft.errors import InputError

DEFS_FOLDER = Path(__file__).parent / "defs"


def domain_files(folder: Path = DEFS_FOLDER) -> list[Path]:
    """The YAML files of all domains, in the order of their names."""
    return sorted(folder.glob("*/defs.yaml"))


def all_domains(folder: Path = DEFS_FOLDER) -> list[Domain]:
    """Every domain; InputError where two files claim one name."""
    domains: dict[str, Domain] = {}
    for file in domain_files(folder):
        domain = Domain.load(file)
        if domain.name in domains:
            first = domains[domain.name].file
            raise InputError(f"{file}: name: {domain.name!r} is the name of {first}, too; give each domain its own")
        domains[domain.name] = domain
    return list(domains.values())


def find_domain(name: str, folder: Path = DEFS_FOLDER) -> Domain:
    """The domain of that name; InputError lists those that exist."""
    named_alike = folder / name / "defs.yaml"
    files = domain_files(folder)
    if named_alike in files:
        files = [named_alike, *(file for file in files if file != named_alike)]
    known = []
    for file in files:
        domain = Domain.load(file)
        if domain.name == name:
            return domain
        known.append(domain.name)
    close = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise InputError(f"unknown domain {name!r}; there are: {', '.join(known) or 'none'}{hint}")


def find_embedding_domain(name: str, folder: Path = DEFS_FOLDER) -> EmbeddingDomain:
    """The domain of that name, which must end in an embedding model; InputError lists those that do."""
    return _find_of_kind(name, folder, EmbeddingDomain, "embedding models")


def find_adapter_domain(name: str, folder: Path = DEFS_FOLDER) -> AdapterDomain:
    """The domain of that name, which must end in an adapter; InputError lists those that do."""
    return _find_of_kind(name, folder, AdapterDomain, "adapters")


def _find_of_kind(name: str, folder: Path, kind: type[AnyDomain], what: str) -> AnyDomain:
    domain = find_domain(name, folder)
    if not isinstance(domain, kind):
        fit = ", ".join(each.name for each in all_domains(folder) if isinstance(each, kind)) or "none yet"
        raise InputError(f"{name} is a domain of {domain.kind}s, and this is for {what}; name one of: {fit}")
    return domain
