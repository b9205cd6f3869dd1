"""The aliases champion, challenger and previous in MLflow, and the link on disk that follows the champion's.

The alias is the state of record; `models/<domain>/champion` is repaired from it wherever the two differ, so that the
one line in an outside consumer's code always loads what the registry says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from domain_ft.registry.address import tracking_uri
from domain_ft.registry.lineage import decoded, encoded, previous, settled
from domain_ft.registry.store import PREFIX, Registry, reached_registry, registry_lock
from domain_ft.registry.tracking import RegistryUnavailableError, faults_as_sentences
from domain_ft.registry.versions import RegisteredVersion, registered_versions
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, point

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"
SUCCESSION_TAG = PREFIX + "succession"


@dataclass(frozen=True)
class Standing:
    """A domain's versions (newest first) and which of them holds which alias, by the name of its folder."""

    champion: str | None
    challenger: str | None
    previous: str | None
    succession: tuple[str, ...]
    versions: tuple[RegisteredVersion, ...]
    aliased: frozenset[str] = frozenset()
    """The holders of whatever alias: a person may have given others."""

    def version(self, version: str) -> RegisteredVersion | None:
        """The registered version of that name."""
        return next((each for each in self.versions if each.version == version), None)


def read_standing(registry: Registry) -> Standing:
    """Who stands where now, according to MLflow."""
    from mlflow import MlflowException

    try:
        model = registry.client.get_registered_model(registry.name)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return Standing(None, None, None, (), ())
        raise
    versions = registered_versions(registry)
    numbered = {each.number: each.version for each in versions}
    holders = {alias: numbered.get(str(number)) for alias, number in model.aliases.items()}
    known = [entry for entry in decoded(model.tags.get(SUCCESSION_TAG)) if entry in numbered.values()]
    champion = holders.get(CHAMPION)
    succession = settled(known, champion)
    aliased = frozenset(holder for holder in holders.values() if holder)
    return Standing(champion, holders.get(CHALLENGER), previous(succession), succession, tuple(versions), aliased)


@contextmanager
def standing_held(home: Home, domain: str) -> Iterator[tuple[Standing | None, str | None]]:
    """Who stands where, unchanged for as long as the block lasts; or None, and why, where MLflow cannot be reached."""
    uri, standing, fault = tracking_uri(home), None, None
    with registry_lock(home, domain):
        try:
            with faults_as_sentences(uri):
                standing = read_standing(reached_registry(home, domain, uri))
        except RegistryUnavailableError as error:
            fault = error.fault
        yield standing, fault


def crown(registry: Registry, standing: Standing, succession: tuple[str, ...], *, forward: bool) -> Standing:
    """Give the alias `champion` to the last of a succession, the one before it `previous`, and repair the link.

    Forward (a promotion) the succession is written before the alias, backward (a rollback) after it: killed between
    the two, `settled` then reads the state before or after, never a third one.
    """
    champion = succession[-1]
    if forward:
        _write_succession(registry, succession)
    _give(registry, standing, CHAMPION, champion)
    if not forward:
        _write_succession(registry, succession)
    _give(registry, standing, PREVIOUS, previous(succession))
    challenger = None if standing.challenger == champion else standing.challenger
    if challenger is None:
        _give(registry, standing, CHALLENGER, None)
    crowned = replace(
        standing, champion=champion, challenger=challenger, previous=previous(succession), succession=succession
    )
    repair_link(registry, crowned)
    return crowned


def put_right(registry: Registry, standing: Standing) -> None:
    """Write what a kill, or a person's hand, has left apart: the alias `previous`, the succession, and the link.

    The alias `champion` is the truth, and stays.
    """
    if standing.champion is not None:
        model = registry.client.get_registered_model(registry.name)
        if model.tags.get(SUCCESSION_TAG) != encoded(standing.succession):
            _write_succession(registry, standing.succession)
        earlier = standing.version(standing.previous) if standing.previous else None
        if str(model.aliases.get(PREVIOUS)) != str(earlier.number if earlier else None):
            _give(registry, standing, PREVIOUS, standing.previous)
    repair_link(registry, standing)


def challenge(registry: Registry, standing: Standing, version: str) -> Standing:
    """Give the alias `challenger` to a version."""
    _give(registry, standing, CHALLENGER, version)
    return replace(standing, challenger=version)


def repair_link(registry: Registry, standing: Standing) -> Path:
    """Make `models/<domain>/champion` lead where the alias says; a champion whose folder is not here stays unlinked.

    Without a champion in MLflow the link is left as it is: the folder behind it still serves.
    """
    link = registry.home.models(registry.domain) / CHAMPION
    champion = standing.champion
    if (
        champion
        and is_published(link.parent / champion)
        and not (link.is_symlink() and link.readlink() == Path(champion))
    ):
        point(link, champion)
    return link


def _give(registry: Registry, standing: Standing, alias: str, version: str | None) -> None:
    registered = standing.version(version) if version else None
    if registered is not None:
        registry.client.set_registered_model_alias(registry.name, alias, registered.number)
    else:
        registry.client.delete_registered_model_alias(registry.name, alias)


def _write_succession(registry: Registry, succession: tuple[str, ...]) -> None:
    registry.client.set_registered_model_tag(registry.name, SUCCESSION_TAG, encoded(succession))
