"""Promotion moves aliases and link on WIN alone, keeps every outcome, and says the same when told again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.registry import aliases
from domain_ft.registry.compare import compare
from domain_ft.registry.promote import PromotionResult, promote
from domain_ft.registry.record import record_training
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.store import open_registry
from domain_ft.registry.versions import tag_version
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed

Publish = Callable[..., Path]
DOMAIN = "test_history"
FIRST, SECOND, THIRD = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
MOST_TAGS = 11
"""MLflow's pages show all tags of a version, one below the other."""


def ask(world: Home, benchmark: Path, **given: Any) -> PromotionResult:
    return promote(world, DOMAIN, benchmark, PromotionSettings(), **given)


def test_first_win_becomes_champion(world: Home, publish_model: Publish, publish_benchmark: Publish) -> None:
    publish_model(FIRST)
    result = ask(world, publish_benchmark(FIRST), tags={"dagster.run_id": "1234"})
    assert result.promoted
    assert (result.champion, result.challenger, result.previous) == (FIRST, None, None)
    assert (world.models(DOMAIN) / "champion").readlink() == Path(FIRST)
    assert "+0.050 [+0.020, +0.080] over n=120" in result.reason
    with open_registry(world, DOMAIN) as registry:
        alias = registry.client.get_model_version_by_alias(registry.name, "champion")
        assert (alias.tags["domain_ft.version"], alias.tags["domain_ft.verdict"]) == (FIRST, "WIN")
        assert "domain_ft.promoted_at" in alias.tags
        assert registry.client.get_run(alias.run_id).data.tags["promotion.dagster.run_id"] == "1234"
        assert alias.description.startswith("Promoted: WIN over the base model")


def test_a_version_carries_what_is_compared_and_its_run_where_it_was_made(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    ask(world, publish_benchmark(FIRST), tags={"dagster.run_id": "1234", "dagster.asset": "test_history/champion"})
    with open_registry(world, DOMAIN) as registry:
        alias = registry.client.get_model_version_by_alias(registry.name, "champion")
        told = registry.client.get_run(alias.run_id).data.tags
    assert {tag for tag in alias.tags if not tag.startswith("domain_ft.")} == set()
    assert len(alias.tags) <= MOST_TAGS
    assert {f"{step}dagster.run_id" for step in ("", "benchmark.", "promotion.")} <= told.keys()


def test_a_version_with_tags_that_are_not_read_any_more_stands_as_before(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    before = ask(world, publish_benchmark(FIRST))
    with open_registry(world, DOMAIN) as registry:
        more = {
            "domain_ft.domain": DOMAIN,
            "dagster.run_id": "1",
            "promotion.dagster.url": "http://127.0.0.1:3000/runs/1",
        }
        tag_version(registry, before.versions[0].number, more)
    assert compare(world, DOMAIN).versions == before.versions
    again = ask(world, publish_benchmark(FIRST))
    assert (again.champion, again.reason) == (FIRST, f"{FIRST} is the champion already")


def test_a_promotion_is_noted_at_the_run_that_stands_for_a_deleted_one(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    made = record_training(world, DOMAIN, publish_model(FIRST))
    with open_registry(world, DOMAIN) as registry:
        registry.client.delete_run(made.run_id)
    assert ask(world, publish_benchmark(FIRST), tags={"dagster.run_id": "1234"}).promoted
    with open_registry(world, DOMAIN) as registry:
        (run,) = registry.client.search_runs([registry.experiment_id])
    assert run.data.tags["promotion.dagster.run_id"] == "1234"


def test_answer_carries_the_keys_that_scripts_rely_on(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    answer = ask(world, publish_benchmark(FIRST)).as_json()
    assert {"champion", "challenger", "previous", "versions", "promoted", "reason", "path", "version"} <= set(answer)
    (row,) = answer["versions"]
    assert row["aliases"] == ["champion"]
    assert row["score"] == pytest.approx({"mean": 0.6, "low": 0.57, "high": 0.63})
    assert row["difference"] == pytest.approx({"mean": 0.05, "low": 0.02, "high": 0.08})
    assert row["reference"] == "base"


def test_inconclusive_candidate_stays_challenger(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    publish_model(SECOND)
    ask(world, publish_benchmark(FIRST))
    result = ask(world, publish_benchmark(SECOND, champion=FIRST, verdict="INCONCLUSIVE", gain=(0.01, -0.02, 0.04)))
    assert not result.promoted
    assert (result.champion, result.challenger, result.previous) == (FIRST, SECOND, None)
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / FIRST


def test_winning_challenger_succeeds_and_is_challenger_no_more(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    publish_model(SECOND)
    ask(world, publish_benchmark(FIRST))
    ask(world, publish_benchmark(SECOND, champion=FIRST, verdict="INCONCLUSIVE"))
    result = ask(world, publish_benchmark(SECOND, champion=FIRST))
    assert (result.champion, result.challenger, result.previous) == (SECOND, None, FIRST)
    with open_registry(world, DOMAIN) as registry:
        assert set(registry.client.get_registered_model(registry.name).aliases) == {"champion", "previous"}


def test_told_again_says_the_same_and_registers_nothing_twice(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    benchmark = publish_benchmark(FIRST)
    ask(world, benchmark)
    again = ask(world, benchmark)
    assert again.promoted
    assert (again.champion, again.previous, len(again.versions)) == (FIRST, None, 1)
    with open_registry(world, DOMAIN) as registry:
        assert len(registry.client.search_runs([registry.experiment_id])) == 1


def test_benchmark_against_an_earlier_champion_is_refused(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    for version in (FIRST, SECOND, THIRD):
        publish_model(version)
    ask(world, publish_benchmark(FIRST))
    ask(world, publish_benchmark(SECOND, champion=FIRST))
    result = ask(world, publish_benchmark(THIRD, champion=FIRST))
    assert not result.promoted
    assert result.champion == SECOND
    assert result.reason.endswith(f"the champion now is {SECOND}: benchmark the candidate again")


def test_another_model_than_the_benchmarked_one_is_refused(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    result = ask(world, publish_benchmark(FIRST), model=publish_model(SECOND))
    assert not result.promoted
    assert (result.champion, result.challenger) == (None, None)
    assert f"judged {FIRST}, not {SECOND}" in result.reason


def test_altered_model_is_refused_by_the_name_of_its_file(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    (publish_model(FIRST) / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(DomainFtError, match=r"model\.safetensors: altered"):
        ask(world, publish_benchmark(FIRST))
    with open_registry(world, DOMAIN) as registry:
        assert aliases.read_standing(registry).champion is None


def test_altered_benchmark_is_refused(world: Home, publish_model: Publish, publish_benchmark: Publish) -> None:
    publish_model(FIRST)
    benchmark = publish_benchmark(FIRST, verdict="REGRESSION")
    document = benchmark / "benchmark.json"
    document.write_text(document.read_text().replace("REGRESSION", "WIN"))
    with pytest.raises(DomainFtError, match=r"benchmark\.json: altered"):
        ask(world, benchmark)


def test_link_is_repaired_from_the_alias(world: Home, publish_model: Publish, publish_benchmark: Publish) -> None:
    publish_model(FIRST)
    publish_model(SECOND)
    ask(world, publish_benchmark(FIRST))
    point(world.models(DOMAIN) / "champion", SECOND)
    ask(world, publish_benchmark(FIRST))
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / FIRST


def test_champion_of_a_lost_store_is_adopted_from_the_link(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    publish_model(SECOND)
    point(world.models(DOMAIN) / "champion", FIRST)
    result = ask(world, publish_benchmark(SECOND, champion=FIRST))
    assert (result.champion, result.previous) == (SECOND, FIRST)


@pytest.mark.parametrize(
    ("step", "calls"), [("_write_succession", 0), ("_give", 0), ("_give", 1), ("_give", 2), ("repair_link", 0)]
)
def test_promotion_killed_anywhere_is_completed_by_the_next(
    world: Home,
    publish_model: Publish,
    publish_benchmark: Publish,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    calls: int,
) -> None:
    class Killed(BaseException):
        pass

    whole, left = getattr(aliases, step), iter(range(calls))

    def kill(*given: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return whole(*given)

    for version in (FIRST, SECOND):
        publish_model(version)
    ask(world, publish_benchmark(FIRST))
    benchmark = publish_benchmark(SECOND, champion=FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(aliases, step, kill)
        with pytest.raises(Killed):
            ask(world, benchmark)
    result = ask(world, benchmark)
    assert (result.promoted, result.champion, result.previous) == (True, SECOND, FIRST)
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / SECOND
    with open_registry(world, DOMAIN) as registry:
        numbers = {each.version: each.number for each in aliases.read_standing(registry).versions}
        held = registry.client.get_registered_model(registry.name).aliases
        crowned = registry.client.get_model_version_by_alias(registry.name, "champion")
    assert {alias: str(number) for alias, number in held.items()} == {
        "champion": numbers[SECOND],
        "previous": numbers[FIRST],
    }
    assert crowned.description.startswith("Promoted: WIN over the champion")
    assert "domain_ft.promoted_at" in crowned.tags
