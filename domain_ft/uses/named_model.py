"""The model that `prioritization.semantic.model_name` means: one of the domain's own, a foreign one, or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import InputError
from domain_ft.newest import newest_model
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published

NO_MODEL = "none"


@contextmanager
def named_as_it_was() -> Iterator[None]:
    """What is wrong with the model that the settings name, said of the setting that names it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"prioritization.semantic.model_name: {str(error).removeprefix('base_model: ')}") from None


def foreign_choice(name: str) -> tuple[str, str | None]:
    """A model that is none of the domain's own as its name and revision."""
    from domain_ft.embedding.base_choice import parse_base

    choice = parse_base(name)
    return choice.name, choice.revision


def own_model(domain: EmbeddingDomain, home: Home, name: str) -> tuple[Path | None, tuple[str, ...]]:
    """The published model that a name means, and what there is to say of it; None where it is none of ours."""
    from domain_ft.judge import champion_folder

    if name == "champion":
        champion = champion_folder(home, domain.name)
        if champion is not None:
            return champion, ()
        return newest_model(domain, home), ("there is no champion yet: the newest model gives the meaning",)
    if name == "newest":
        return newest_model(domain, home), ()
    folder = home.models(domain.name) / name
    own = folder.resolve() if folder.parent.resolve() == folder.resolve().parent else None
    if own is not None and is_published(own):
        return own, ()
    named = (home.root / name).resolve()
    is_own = named.parent == home.models(domain.name).resolve() and is_published(named)
    return (named if is_own else None), ()
