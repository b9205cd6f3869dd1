"""What adapters leave behind goes once nothing needs it: versions, answers, prompts, packages, starter models."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from domain_ft.delivery.package import package_model
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.model_folders.digest import model_digest
from domain_ft.retention.clean import CleanResult, clean_domain
from domain_ft.starter_lm import recipe as recipes
from domain_ft.starter_lm.folder import starter_lm_folder
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder
from domain_ft_tests.delivery.tiny_adapter import make_tiny_adapter
from domain_ft_tests.landed_requirements import DOMAIN
from domain_ft_tests.llm.tiny_causal import make_tiny_causal
from domain_ft_tests.starter_lm.conftest import MOMENT

DAY_S = 86400.0
OLD, NEW = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
PublishModel = Callable[..., Path]


def clean(world: Home, days: float, domain: str = DOMAIN, **more: Any) -> CleanResult:
    return clean_domain(world, domain, 1, now=time.time() + days * DAY_S, **more)


def gone(world: Home, days: float, domain: str = DOMAIN) -> list[tuple[str, str]]:
    return [(removal.kind, removal.path.name) for removal in clean(world, days, domain).removed]


@pytest.fixture
def adapters(world: Home, publish_model: PublishModel) -> list[Path]:
    """Two adapters; the newer one is current."""
    made = [
        publish_model(version, domain=DOMAIN, kind="lora_adapter", base_sha256=version * 5) for version in (OLD, NEW)
    ]
    point(world.models(DOMAIN) / "current", NEW)
    return made


def published(folder: Path, **manifest: Any) -> Path:
    def write(beside: Path) -> dict[str, Any]:
        (beside / "items.jsonl").write_text("{}\n")
        return manifest

    return publish_folder(folder, write)


def test_an_adapter_goes_but_for_the_newest_the_champion_and_the_current_one(
    world: Home, adapters: list[Path], publish_model: PublishModel
) -> None:
    champion = publish_model("cccccccccccc", domain=DOMAIN, kind="lora_adapter")
    newest = publish_model("dddddddddddd", domain=DOMAIN, kind="lora_adapter")
    point(world.models(DOMAIN) / "champion", champion.name)
    assert gone(world, 1) == [("model", OLD)]
    assert [path.is_dir() for path in (*adapters, champion, newest)] == [False, True, True, True]


def test_answers_stay_while_they_are_young_or_a_kept_benchmark_was_made_from_them(
    world: Home, adapters: list[Path]
) -> None:
    for name in ("of_base", "of_new", "of_old"):
        published(world.answers(DOMAIN) / name, kind="answers")
    models = {"candidate": {"version": NEW}}
    published(world.benchmarks(DOMAIN) / "b", models=models, split="test", answers=["of_base", "of_new"])
    assert ("answers", "of_old") not in gone(world, 13)
    result = clean(world, 15)
    (removal,) = [each for each in result.removed if each.kind == "answers"]
    assert (removal.path.name, removal.path.exists()) == ("of_old", False)
    assert "no benchmark that is kept was made from them" in removal.why
    assert (world.answers(DOMAIN) / "of_base").is_dir()


def test_answers_go_with_their_benchmark(world: Home, adapters: list[Path]) -> None:
    published(world.answers(DOMAIN) / "of_old", kind="answers")
    published(world.benchmarks(DOMAIN) / "b", models={"candidate": {"version": OLD}}, split="test", answers=["of_old"])
    assert gone(world, 15) == [("benchmark", "b"), ("answers", "of_old"), ("model", OLD)]


def test_a_prompt_that_is_not_the_newest_goes_after_two_weeks(world: Home) -> None:
    for name in ("before", "now"):
        published(world.prompts(DOMAIN) / name, kind="prompt")
    point(world.prompts(DOMAIN) / "current", "now")
    assert gone(world, 13) == []
    assert gone(world, 15) == [("prompt", "before")]


def test_a_package_for_ollama_stays_as_long_as_its_adapter(world: Home, adapters: list[Path], tmp_path: Path) -> None:
    base = make_tiny_causal(tmp_path / "base")
    for version in (OLD, NEW):
        adapter = make_tiny_adapter(base, tmp_path / version)
        package_model(base, adapter, world.exports(DOMAIN) / f"{version}-ollama", "mine", GenerationOptions(), "gguf")
    assert gone(world, 1) == [("export", f"{OLD}-ollama"), ("model", OLD)]
    assert (world.exports(DOMAIN) / f"{NEW}-ollama" / "Modelfile").is_file()


@pytest.fixture
def starter(world: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter model by a recipe that is not today's any more."""
    monkeypatch.setitem(recipes._RECIPES, "xs", MOMENT)
    made = starter_lm_folder("xs", world)
    monkeypatch.setitem(recipes._RECIPES, "xs", replace(MOMENT, seed=7))
    return made


def test_a_starter_by_an_earlier_recipe_goes_after_two_weeks(world: Home, starter: Path) -> None:
    assert gone(world, 13) == []
    named = clean(world, 15, dry_run=True)
    assert [removal.path for removal in named.removed] == [starter]
    assert starter.is_dir()
    assert gone(world, 15) == [("starter", starter.name)]
    assert not starter.exists()


def test_a_starter_by_the_recipe_of_today_stays(world: Home, starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recipes._RECIPES, "xs", MOMENT)
    assert gone(world, 400) == []


@pytest.mark.parametrize("domain", [DOMAIN, "another"])
def test_a_starter_stays_while_an_adapter_of_any_domain_was_made_for_it(
    world: Home, starter: Path, publish_model: PublishModel, domain: str
) -> None:
    publish_model(NEW, domain=domain, kind="lora_adapter", base_sha256=model_digest(starter))
    assert gone(world, 400) == []


@pytest.mark.parametrize("domain", [DOMAIN, "another"])
def test_a_starter_stays_while_a_training_may_go_on_with_it(world: Home, starter: Path, domain: str) -> None:
    job = world.work(domain, NEW) / "job.json"
    job.parent.mkdir(parents=True)
    job.write_text(json.dumps({"base": {"sha256": model_digest(starter)}}))
    os.utime(starter / "manifest.json", (0, 0))
    assert clean(world, 13).removed == ()
    assert ("starter", starter.name) in gone(world, 15, domain)


def test_what_is_left_of_making_a_starter_goes_after_two_weeks_but_under_its_lock(world: Home) -> None:
    work = world.starter_lm_work("0123456789ab")
    (work / "checkpoints").mkdir(parents=True)
    (world.starter_lms / ".unfinished-x").mkdir(parents=True)
    assert gone(world, 13) == [("unfinished", ".unfinished-x")]
    with FileLock(world.starter_lm_lock(work.name)):
        assert gone(world, 15) == []
    assert gone(world, 15) == [("starter_work", work.name)]
