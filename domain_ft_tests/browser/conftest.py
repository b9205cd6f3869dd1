"""A browser, a small world, its two servers, and what a person has started there: each made once for the module."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from domain_ft.components.launchpad import launchpad_config
from domain_ft.domains import find_domain
from domain_ft.store.home import CHECKOUT, Home
from domain_ft_tests.browser.chromium import VARIABLE, NoBrowserError, find_chromium, launched, window
from domain_ft_tests.browser.pages import Dagster, Mlflow
from domain_ft_tests.browser.servers import Servers, served, world_environment
from domain_ft_tests.browser.world import NAME, SECOND


@dataclass(frozen=True)
class Ended:
    """A run that a person started in the UI and watched to its end."""

    url: str
    said: str


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, installed if there is none; without one the test is skipped, or fails where one must be."""
    try:
        find_chromium()
    except NoBrowserError as error:
        if os.environ.get(VARIABLE) == "required":
            pytest.fail(str(error))
        pytest.skip(f"{error} ({VARIABLE}=required makes this a failure)")
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def world(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A state root with a champion, and a newer history that has landed."""
    root = tmp_path_factory.mktemp("world")
    command = [sys.executable, "-m", "domain_ft_tests.browser.world"]
    done = subprocess.run(command, cwd=CHECKOUT, env=world_environment(root), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Home(root)


@pytest.fixture(scope="module")
def servers(world: Home) -> Iterator[Servers]:
    with served(world.root, world.root / "servers.log") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of a person who comes for the first time."""
    with window(browser) as fresh:
        yield fresh


@pytest.fixture
def dagster(page: Page, servers: Servers) -> Dagster:
    return Dagster(page, servers, NAME)


@pytest.fixture
def mlflow(page: Page, servers: Servers) -> Mlflow:
    return Mlflow(page, servers, NAME)


@pytest.fixture(scope="module")
def read(browser: Browser, servers: Servers) -> Ended:
    """What landed was read, by the button of the asset `raw`."""
    with window(browser) as page:
        dagster = Dagster(page, servers, NAME)
        dagster.materialize("raw")
        return Ended(page.url, dagster.watch_run())


@pytest.fixture(scope="module")
def retrained(browser: Browser, servers: Servers, read: Ended) -> Ended:
    """Then the whole group was materialized, with settings that were given in the Launchpad."""
    with window(browser) as page:
        dagster = Dagster(page, servers, NAME)
        config = launchpad_config(find_domain(NAME), SECOND)
        config["ops"][f"{NAME}__prioritization"] = {"config": {"learned": False}}  # what learns takes minutes
        dagster.materialize_all(config)
        return Ended(page.url, dagster.watch_run())
