"""The loop as a person sees it: materialized, watched and judged in Dagster's UI, compared in MLflow's."""

import json
import os
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from domain_ft.domains import find_domain
from domain_ft.store.done import STAGES
from domain_ft.store.home import Home
from domain_ft_tests.browser.chromium import SHOWN_MS, window
from domain_ft_tests.browser.conftest import Ended
from domain_ft_tests.browser.pages import Dagster, Mlflow
from domain_ft_tests.browser.pictures import PICTURES, WIDTH, take_pictures
from domain_ft_tests.browser.servers import Servers
from domain_ft_tests.browser.world import BROKEN, NAME, SINCE

pytestmark = pytest.mark.slow

PICTURES_VARIABLE = "DOMAIN_FT_PICTURES"
MOST_BYTES = 150_000


def benchmark(home: Home, version: str) -> dict:
    """What the benchmark of a version says."""
    files = (home.benchmarks(NAME)).glob("*/benchmark.json")
    return next(
        found for file in files if (found := json.loads(file.read_bytes()))["models"]["candidate"]["version"] == version
    )


def versions(home: Home) -> tuple[str, str]:
    """The version of the run that was watched, and the one before it."""
    current = (home.models(NAME) / "current").resolve().name
    (before,) = {folder.name for folder in home.models(NAME).iterdir() if not folder.is_symlink()} - {current}
    return current, before


def test_an_asset_materialized_by_its_button_succeeds(read: Ended) -> None:
    assert read.said == "Success"


def test_the_page_of_an_asset_says_what_was_read_and_rejected(read: Ended, dagster: Dagster) -> None:
    dagster.open_asset("raw")
    expect(dagster.metadata("rejected")).to_contain_text(str(BROKEN), timeout=SHOWN_MS)
    expect(dagster.metadata("files")).to_contain_text(SINCE)


def test_a_check_says_what_it_found_and_what_was_expected(read: Ended, dagster: Dagster) -> None:
    dagster.open_check("raw", "quarantine_share")
    sentence = re.compile(rf"{BROKEN} of [\d,]+ rows read were rejected, .*% \(expected: up to 5%\)")
    expect(dagster.page.get_by_text(sentence)).to_be_visible(timeout=SHOWN_MS)


def test_no_setting_stands_in_the_launchpad_before_somebody_types_one(dagster: Dagster) -> None:
    text = dagster.open_launchpad().locator(".CodeMirror-code").first
    expect(text).to_contain_text("ops: {}")


def test_the_whole_group_started_in_the_launchpad_succeeds(retrained: Ended) -> None:
    assert retrained.said == "Success"


def test_the_settings_given_in_the_launchpad_are_those_of_the_training(retrained: Ended, world: Home) -> None:
    manifest = json.loads((world.models(NAME) / "current" / "manifest.json").read_bytes())
    assert manifest["settings"]["seed"] == 7


def test_the_graph_shows_every_asset_with_its_checks_passed(
    retrained: Ended, browser: Browser, servers: Servers
) -> None:
    with window(browser, 2200, 1500) as page:  # in less room the graph shows no checks
        Dagster(page, servers, NAME).open_graph()
        for stage in (*STAGES, "prioritization", "index", "out_of_distribution"):
            expect(page.get_by_text(stage, exact=True).first).to_be_visible(timeout=SHOWN_MS)
        for count in ("2 / 2 Passed", "4 / 4 Passed"):
            expect(page.get_by_text(count).first).to_be_visible(timeout=SHOWN_MS)


def test_the_page_of_the_benchmark_says_the_verdict(retrained: Ended, dagster: Dagster, world: Home) -> None:
    dagster.open_asset("benchmark")
    expect(dagster.metadata("verdict")).to_contain_text(
        benchmark(world, versions(world)[0])["verdict"], timeout=SHOWN_MS
    )


def test_the_link_of_the_benchmark_leads_to_its_run_in_mlflow(retrained: Ended, dagster: Dagster, world: Home) -> None:
    dagster.open_asset("benchmark")
    link = dagster.metadata("mlflow_run").get_by_role("link").first
    dagster.page.goto(link.get_attribute("href", timeout=SHOWN_MS) or "")
    expect(dagster.page.get_by_role("heading", name=versions(world)[0])).to_be_visible(timeout=SHOWN_MS)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_report_named_on_the_page_of_the_benchmark_shows_the_verdict_and_every_arm(
    retrained: Ended, dagster: Dagster, browser: Browser, world: Home, scripts: bool
) -> None:
    dagster.open_asset("benchmark")
    path = dagster.metadata("report").get_by_role("cell").last.inner_text(timeout=SHOWN_MS).strip()
    said = benchmark(world, versions(world)[0])
    with window(browser, java_script_enabled=scripts) as page:
        page.goto(Path(path).as_uri())
        expect(page.get_by_role("heading", name=said["verdict"])).to_be_visible()
        for arm in ("random", "BM25", "base", "champion", "candidate"):
            expect(page.get_by_role("row").filter(has_text=re.compile(f"^\\s*{arm}")).first).to_be_visible()
        expect(page.get_by_role("table").first).to_contain_text(f"{said['arms']['candidate']['map']['mean']:.3f}")


@pytest.mark.parametrize(
    ("name", "description"),
    [
        (f"sensors/{NAME}_landing", "Starts an ingest when finished files are new in"),
        (f"sensors/{NAME}_new_rows", "Starts a retrain once 500 accepted rows are new since the last one."),
        (f"schedules/{NAME}_nightly", "Starts a retrain if anything that landed has changed since the last"),
        ("sensors/domain_ft_failures", "Writes each failed run to"),
    ],
)
def test_each_automation_is_listed_and_says_what_it_does(dagster: Dagster, name: str, description: str) -> None:
    dagster.open_automation()
    dagster.page.get_by_role("link", name=name.partition("/")[2]).click()
    expect(dagster.page).to_have_url(re.compile(f"{name}$"), timeout=SHOWN_MS)
    expect(dagster.page.get_by_text(description)).to_be_visible(timeout=SHOWN_MS)


def test_a_tick_that_starts_nothing_says_why_in_numbers(retrained: Ended, dagster: Dagster) -> None:
    needed = find_domain(NAME).automation.retrain_after_rows
    expect(dagster.preview_tick(f"{NAME}_new_rows")).to_contain_text(f"0 of {needed} new rows")


def test_the_registered_model_shows_who_is_champion(retrained: Ended, mlflow: Mlflow, world: Home) -> None:
    mlflow.open_model()
    champion = (world.models(NAME) / "champion").resolve().name
    row = mlflow.page.get_by_role("row").filter(has_text=champion).filter(has_text="@ champion")
    expect(row).to_have_count(1, timeout=SHOWN_MS)


def test_the_page_that_make_ui_names_shows_the_runs(retrained: Ended, mlflow: Mlflow, world: Home) -> None:
    said = (world.root / "servers.log").read_text()
    (address,) = re.findall(rf"(\S+) +\(runs of {NAME}\)", said)
    mlflow.page.goto(address)
    for version in versions(world):
        expect(mlflow.page.get_by_role("link", name=version).first).to_be_visible(timeout=SHOWN_MS)


def test_two_versions_are_compared_figure_by_figure(retrained: Ended, mlflow: Mlflow, world: Home) -> None:
    expected = [benchmark(world, version)["arms"]["candidate"]["map"]["mean"] for version in versions(world)]
    mlflow.compare_newest_runs()
    shown = mlflow.compared("candidate/map")
    assert [float(value) for value in shown] == [pytest.approx(value, abs=0.0006) for value in expected]


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_of_the_readme_can_be_taken_anew(
    retrained: Ended, browser: Browser, servers: Servers, world: Home, tmp_path: Path, name: str
) -> None:
    folder = Path(os.environ.get(PICTURES_VARIABLE) or tmp_path)
    (file,) = take_pictures(browser, servers, world, folder, only=[name])
    with Image.open(file) as picture:
        assert (picture.width, picture.mode) == (WIDTH, "P")
    assert file.stat().st_size < MOST_BYTES
