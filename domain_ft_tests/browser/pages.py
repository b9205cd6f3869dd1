"""What a person does in the two UIs, named as the person would: open, materialize, watch, compare.

Only roles and texts are looked for, and every step waits for what it shows, so that nothing here sleeps.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, expect

from domain_ft_tests.browser.chromium import SHOWN_MS
from domain_ft_tests.browser.servers import Servers

RUN_MS = 480_000
"""How long a run of the small world may take."""
MLFLOW_PREFIX = "domain_ft-"
METRIC_PAGES, METRIC_PAGE_PX, METRIC_PAGE_MS, METRIC_REST_MS = 40, 150, 100, 500
"""The metrics of a comparison stand in a box of their own that shows a few at once."""


@dataclass(frozen=True)
class Dagster:
    """Dagster's UI, for one domain."""

    page: Page
    servers: Servers
    domain: str

    def open_graph(self) -> None:
        """The asset graph of the domain's group."""
        self.page.goto(f"{self.servers.dagster}/locations/__repository__@domain_ft/asset-groups/{self.domain}")
        expect(self.page.get_by_role("button", name="Materialize all")).to_be_enabled(timeout=SHOWN_MS)

    def open_launchpad(self) -> Locator:
        """The Launchpad of the whole group, as it is before anybody has typed anything."""
        self.open_graph()
        self.page.get_by_role("button", name="arrow_drop_down").click()
        self.page.get_by_role("menuitem", name="Open launchpad").click()
        launchpad = self.page.get_by_role("dialog")
        expect(launchpad.get_by_text("No errors")).to_be_visible(timeout=SHOWN_MS)
        return launchpad

    def materialize_all(self, config: Mapping[str, Any]) -> None:
        """Start the whole group from the Launchpad, with a config of one's own; ends on the run's page."""
        launchpad = self.open_launchpad()
        editor = launchpad.locator(".CodeMirror").first.get_by_role("textbox")
        editor.focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(json.dumps(config))
        expect(launchpad.get_by_text("No errors")).to_be_visible(timeout=SHOWN_MS)
        launchpad.get_by_role("button", name="Materialize").click()
        expect(self.page).to_have_url(re.compile("/runs/"), timeout=SHOWN_MS)

    def materialize(self, stage: str) -> None:
        """Start one asset by the button of its page; ends on the run's page."""
        self.open_asset(stage)
        self.page.get_by_role("button", name="Materialize").first.click()
        started = self.page.get_by_role("region", name=re.compile("^Notifications")).get_by_role("link", name="View")
        sure = self.page.get_by_role("button", name="Confirm")  # asked where something upstream was never made
        expect(started.or_(sure)).to_be_visible(timeout=SHOWN_MS)
        if sure.is_visible():
            sure.click()
        started.click(timeout=SHOWN_MS)
        expect(self.page).to_have_url(re.compile("/runs/"), timeout=SHOWN_MS)

    def watch_run(self) -> str:
        """Wait on a run's page until it has ended; what it says then."""
        ended = self.page.get_by_text(re.compile("^(Success|Failure|Canceled)$")).first
        expect(ended).to_be_visible(timeout=RUN_MS)
        return ended.inner_text()

    def open_asset(self, stage: str, view: str = "overview") -> None:
        """The page of an asset."""
        self.page.goto(f"{self.servers.dagster}/assets/{self.domain}/{stage}?view={view}")
        expect(self.page.get_by_role("tab", name="Overview").first).to_be_visible(timeout=SHOWN_MS)

    def open_check(self, stage: str, check: str) -> None:
        """The page of an asset's check."""
        self.page.goto(f"{self.servers.dagster}/assets/{self.domain}/{stage}?view=checks&checkDetail={check}")
        expect(self.page.get_by_text("Latest execution", exact=True)).to_be_visible(timeout=SHOWN_MS)

    def metadata(self, name: str) -> Locator:
        """The row of a figure on an asset's page."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("cell", name=name, exact=True)).first

    def open_automation(self) -> None:
        """The list of sensors and schedules."""
        self.page.goto(f"{self.servers.dagster}/automation")
        expect(self.page.get_by_role("link", name=f"{self.domain}_landing")).to_be_visible(timeout=SHOWN_MS)

    def preview_tick(self, sensor: str) -> Locator:
        """Let a sensor say what it would do now; the dialog that shows it."""
        self.page.goto(f"{self.servers.dagster}/locations/domain_ft/sensors/{sensor}")
        self.page.get_by_role("button", name="Preview tick result").click(timeout=SHOWN_MS)
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Continue").click()
        expect(dialog.get_by_text("Computed cursor value")).to_be_visible(timeout=SHOWN_MS)
        return dialog


@dataclass(frozen=True)
class Mlflow:
    """MLflow's UI, for one domain."""

    page: Page
    servers: Servers
    domain: str

    def open_model(self) -> None:
        """The registered model, with its versions and aliases."""
        self.page.goto(f"{self.servers.mlflow}/#/models/{MLFLOW_PREFIX}{self.domain}")
        expect(self.page.get_by_role("link", name="Version 1")).to_be_visible(timeout=SHOWN_MS)
        self._put_assistant_away()

    def open_runs(self) -> None:
        """The runs of the domain's experiment, found as a person finds them from the first page."""
        self.page.goto(self.servers.mlflow)
        self.page.get_by_role("button", name="Model training").click(timeout=SHOWN_MS)
        self.page.get_by_role("link", name="Experiments").first.click()
        self.page.get_by_role("link", name=f"{MLFLOW_PREFIX}{self.domain}").first.click(timeout=SHOWN_MS)
        expect(self._boxes().first).to_be_visible(timeout=SHOWN_MS)
        self._put_assistant_away()

    def compare_newest_runs(self) -> None:
        """Tick the two newest runs, press Compare, and look at what differs."""
        self.open_runs()
        for number in range(2):
            self._boxes().nth(number).check()
        self.page.get_by_role("button", name="Compare").first.click()
        expect(self.page.get_by_role("heading", name="Comparing 2 Runs from 1 Experiment")).to_be_visible(
            timeout=SHOWN_MS
        )

    def compared(self, metric: str) -> list[str]:
        """The values of a metric in the comparison, one for each run, as they are shown there."""
        names, values = self.page.get_by_role("grid").first, self.page.get_by_role("grid").last
        name = names.get_by_role("link", name=metric, exact=True)
        for _ in range(METRIC_PAGES):
            if name.count():
                break
            values.hover()
            for turn in (METRIC_PAGE_PX, 1):  # the names follow their values one turn of the wheel later
                self.page.mouse.wheel(0, turn)
                self.page.wait_for_timeout(METRIC_PAGE_MS)
        row = self._at_rest(name)
        assert row is not None, f"the comparison has no metric {metric}"
        cells = values.get_by_role("rowgroup").locator("> *").all()
        boxes = [(cell.bounding_box(), cell) for cell in cells]
        return [cell.inner_text() for box, cell in boxes if box and box["y"] <= row["y"] < box["y"] + box["height"]]

    def _at_rest(self, place: Locator) -> FloatRect | None:
        """Where something stands once the page has stopped scrolling: names follow their values after a moment."""
        before, now = None, place.bounding_box()
        while now != before:
            self.page.wait_for_timeout(METRIC_REST_MS)
            before, now = now, place.bounding_box()
        return now

    def _put_assistant_away(self) -> None:
        """Close the panel that takes a third of a page at the first visit."""
        close = self.page.get_by_role("button", name="Close", exact=True)
        if close.count():
            close.first.click()

    def _boxes(self) -> Locator:
        return self.page.get_by_role("checkbox", name=re.compile("toggle row selection"))
