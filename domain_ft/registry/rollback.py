"""Rollback: the champion before this one, again and again back in time."""

from datetime import UTC, datetime

from domain_ft.errors import DomainFtError
from domain_ft.registry.aliases import Standing, crown, read_standing
from domain_ft.registry.gate import PromotionDecision
from domain_ft.registry.promote import PromotionResult, champion_adopted, promotion_result
from domain_ft.registry.store import Registry, open_registry
from domain_ft.registry.versions import ROLLED_BACK_TAG, VERDICT_TAG, tag_version
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, verify_folder


def rollback(home: Home, domain: str) -> PromotionResult:
    """Put the champion before the present one back; a version that is put aside needs a new training to return.

    Earlier champions whose folders are gone are passed over and named. Raises DomainFtError where there is none to go
    back to, or where its folder has been altered.
    """
    with open_registry(home, domain) as registry:
        standing = champion_adopted(registry, read_standing(registry))
        succession, gone = _back(registry, standing)
        target, left = succession[-1], standing.champion
        model = home.models(domain) / target
        verify_folder(model)
        _put_aside(registry, standing, left, target)
        standing = crown(registry, standing, succession, forward=False)
        reason = f"{target} is champion again in place of {left}"
        if gone:
            reason += f"; passed over, because their folders are gone: {', '.join(gone)}"
        registered = standing.version(target)
        verdict = registered.tags.get(VERDICT_TAG) if registered else None
        return promotion_result(registry, read_standing(registry), model, PromotionDecision(True, reason), verdict)


def _back(registry: Registry, standing: Standing) -> tuple[tuple[str, ...], list[str]]:
    """The succession up to the newest earlier champion whose folder is here, and those passed over."""
    models, gone = registry.home.models(registry.domain), list[str]()
    for length in range(len(standing.succession) - 1, 0, -1):
        earlier = standing.succession[length - 1]
        if earlier == standing.champion:
            continue
        if is_published(models / earlier):
            return standing.succession[:length], gone
        gone.append(earlier)
    if standing.champion is None:
        raise DomainFtError(f"{registry.domain} has no champion yet, so there is nothing to roll back")
    lack = f"; the folders of {', '.join(gone)} are gone" if gone else ""
    raise DomainFtError(f"{standing.champion} is the first champion of {registry.domain}: none to go back to{lack}")


def _put_aside(registry: Registry, standing: Standing, left: str | None, target: str) -> None:
    """Mark the version that a person has turned down, so that its old benchmark does not promote it again."""
    put_aside, returning = standing.version(left or ""), standing.version(target)
    if put_aside is not None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        tag_version(registry, put_aside.number, {ROLLED_BACK_TAG: now})
    if returning is not None and returning.rolled_back:
        registry.client.delete_model_version_tag(registry.name, returning.number, ROLLED_BACK_TAG)
