"""The table of versions, and which of their numbers may be compared."""

from collections.abc import Callable
from pathlib import Path

from domain_ft.registry.compare import compare
from domain_ft.registry.promote import promote
from domain_ft.registry.record import record_benchmark, record_training
from domain_ft.registry.settings import PromotionSettings
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed

Publish = Callable[..., Path]
DOMAIN = "test_history"
FIRST, SECOND, THIRD = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"


def test_domain_without_models_has_an_empty_table(world: Home) -> None:
    answer = compare(world, DOMAIN).as_json()
    assert answer == {
        "domain": DOMAIN, "champion": None, "challenger": None, "previous": None, "versions": [], "groups": [],
        "notes": [],
        "registry_url": f"http://127.0.0.1:5000/#/models/domain_ft-{DOMAIN}",
    }  # fmt: skip


def test_versions_come_newest_first_benchmarked_or_not(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    promote(world, DOMAIN, publish_benchmark(FIRST), PromotionSettings())
    record_training(world, DOMAIN, publish_model(SECOND))
    newest, oldest = compare(world, DOMAIN).versions
    assert (newest.version, newest.verdict, newest.score, newest.aliases) == (SECOND, None, None, ())
    assert (oldest.version, oldest.verdict, oldest.aliases) == (FIRST, "WIN", ("champion",))
    assert oldest.published
    assert oldest.dataset_digest == "d" * 12


def test_scores_are_grouped_by_what_they_were_measured_on(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    for version in (FIRST, SECOND, THIRD):
        publish_model(version)
    record_benchmark(world, DOMAIN, publish_benchmark(FIRST, score=0.9, comparison="1" * 12))
    record_benchmark(world, DOMAIN, publish_benchmark(SECOND, score=0.5, comparison="2" * 12))
    record_benchmark(world, DOMAIN, publish_benchmark(THIRD, score=0.7, comparison="2" * 12))
    groups = compare(world, DOMAIN).groups
    assert [(group.comparison_digest, group.versions) for group in groups] == [
        ("2" * 12, (THIRD, SECOND)),
        ("1" * 12, (FIRST,)),
    ]


def test_each_version_shows_its_difference_to_what_it_was_held_against_with_the_interval(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    for version in (FIRST, SECOND):
        publish_model(version)
    record_benchmark(world, DOMAIN, publish_benchmark(FIRST, gain=(0.05, 0.02, 0.08)))
    record_benchmark(world, DOMAIN, publish_benchmark(SECOND, champion=FIRST, gain=(-0.01, -0.03, 0.01)))
    shown = {
        row["version"]: (row["reference"], row["difference"]) for row in compare(world, DOMAIN).as_json()["versions"]
    }
    assert shown == {
        FIRST: ("base", {"mean": 0.05, "low": 0.02, "high": 0.08}),
        SECOND: (FIRST, {"mean": -0.01, "low": -0.03, "high": 0.01}),
    }


def test_lost_link_is_put_right(world: Home, publish_model: Publish, publish_benchmark: Publish) -> None:
    publish_model(FIRST)
    promote(world, DOMAIN, publish_benchmark(FIRST), PromotionSettings())
    (world.models(DOMAIN) / "champion").unlink()
    assert compare(world, DOMAIN).champion == FIRST
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / FIRST
