"""Rollback goes back in time, again and again, and what was put aside does not come back by its old benchmark."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.registry import aliases
from domain_ft.registry.compare import compare
from domain_ft.registry.promote import PromotionResult, promote
from domain_ft.registry.rollback import rollback
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed

DOMAIN = "test_history"
FIRST, SECOND, THIRD = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
Crown = Callable[[str, str | None], PromotionResult]


@pytest.fixture
def crown(world: Home, publish_model: Callable[..., Path], publish_benchmark: Callable[..., Path]) -> Crown:
    """Makes a version champion in place of another by a benchmark that it wins."""

    def crown_version(version: str, champion: str | None) -> PromotionResult:
        publish_model(version)
        return promote(world, DOMAIN, publish_benchmark(version, champion=champion), PromotionSettings())

    return crown_version


def test_goes_back_again_and_again(world: Home, crown: Crown) -> None:
    crown(FIRST, None)
    crown(SECOND, FIRST)
    crown(THIRD, SECOND)
    once = rollback(world, DOMAIN)
    assert (once.champion, once.previous, once.version) == (SECOND, FIRST, SECOND)
    twice = rollback(world, DOMAIN)
    assert (twice.champion, twice.previous) == (FIRST, None)
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / FIRST
    with pytest.raises(DomainFtError, match=f"{FIRST} is the first champion of test_history"):
        rollback(world, DOMAIN)


def test_says_what_it_did(world: Home, crown: Crown) -> None:
    crown(FIRST, None)
    crown(SECOND, FIRST)
    answer = rollback(world, DOMAIN).as_json()
    assert answer["reason"] == f"{FIRST} is champion again in place of {SECOND}"
    assert {row["version"]: bool(row["rolled_back"]) for row in answer["versions"]} == {FIRST: False, SECOND: True}


def test_without_a_champion_there_is_nothing_to_go_back_to(world: Home) -> None:
    with pytest.raises(DomainFtError, match="test_history has no champion yet"):
        rollback(world, DOMAIN)


def test_version_put_aside_is_not_promoted_by_its_old_benchmark(world: Home, crown: Crown) -> None:
    crown(FIRST, None)
    crown(SECOND, FIRST)
    rollback(world, DOMAIN)
    result = crown(SECOND, FIRST)
    assert (result.promoted, result.champion, result.challenger) == (False, FIRST, None)
    assert "was rolled back on" in result.reason


def test_new_version_succeeds_after_a_rollback(world: Home, crown: Crown) -> None:
    crown(FIRST, None)
    crown(SECOND, FIRST)
    rollback(world, DOMAIN)
    assert crown(THIRD, FIRST).previous == FIRST
    assert rollback(world, DOMAIN).champion == FIRST


def test_pruned_folders_are_passed_over_and_named(world: Home, crown: Crown) -> None:
    crown(FIRST, None)
    crown(SECOND, FIRST)
    crown(THIRD, SECOND)
    shutil.rmtree(world.models(DOMAIN) / SECOND)
    result = rollback(world, DOMAIN)
    assert result.champion == FIRST
    assert result.reason.endswith(f"because their folders are gone: {SECOND}")


def test_altered_folder_is_not_rolled_back_to(world: Home, crown: Crown) -> None:
    crown(FIRST, None)
    crown(SECOND, FIRST)
    (world.models(DOMAIN) / FIRST / "model.safetensors").write_bytes(b"other")
    with pytest.raises(DomainFtError, match="altered since it was published"):
        rollback(world, DOMAIN)
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / SECOND


@pytest.mark.parametrize("step", ["_give", "_write_succession", "repair_link"])
def test_rollback_killed_anywhere_leaves_a_whole_state(
    world: Home, crown: Crown, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    crown(FIRST, None)
    crown(SECOND, FIRST)
    crown(THIRD, SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(aliases, step, kill)
        with pytest.raises(Killed):
            rollback(world, DOMAIN)
    done = step != "_give"
    result = rollback(world, DOMAIN)
    assert result.champion == (FIRST if done else SECOND)
    assert result.previous == (None if done else FIRST)


@pytest.mark.parametrize(("step", "calls"), [("_give", 1), ("_give", 2), ("_write_succession", 0), ("repair_link", 0)])
def test_a_rollback_killed_once_the_alias_has_moved_is_completed_by_the_next_look(
    world: Home, crown: Crown, monkeypatch: pytest.MonkeyPatch, step: str, calls: int
) -> None:
    class Killed(BaseException):
        pass

    whole, left = getattr(aliases, step), iter(range(calls))

    def kill(*given: object) -> object:
        if next(left, None) is None:
            raise Killed
        return whole(*given)

    crown(FIRST, None)
    crown(SECOND, FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(aliases, step, kill)
        with pytest.raises(Killed):
            rollback(world, DOMAIN)
    assert (compare(world, DOMAIN).champion, compare(world, DOMAIN).previous) == (FIRST, None)
    with open_registry(world, DOMAIN) as registry:
        model = registry.client.get_registered_model(registry.name)
        assert [*model.aliases] == ["champion"]
        assert model.tags[aliases.SUCCESSION_TAG] == FIRST
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / FIRST
