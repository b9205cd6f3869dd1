"""The pictures that the README shows, taken of whatever world a state root holds.

    python -m domain_ft_tests.browser.pictures --home FOLDER --out docs [--only registry --only comparison]

The README's are of the demo's world (`make demo`; for `registry` and `comparison` a second version beside it).
"""

import argparse
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from domain_ft.evaluation.benchmark_file import REPORT
from domain_ft.store.done import STAGES
from domain_ft.store.home import HOME_VARIABLE, Home
from domain_ft_tests.browser.chromium import SHOWN_MS, launched, window
from domain_ft_tests.browser.pages import Dagster, Mlflow
from domain_ft_tests.browser.servers import Servers, served

WIDTH, COLOURS = 1000, 256
STILL_MS, STILL_TRIES = 500, 40
DOMAIN, OVERVIEW = "test_history", "overview"


def take_pictures(
    browser: Browser, servers: Servers, home: Home, out: Path, *, domain: str = DOMAIN, only: Sequence[str] = ()
) -> list[Path]:
    """Take the pictures of a served world; returns the files."""
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for name in only or PICTURES:
        file = out / f"{name}.png"
        file.write_bytes(reduced(PICTURES[name](browser, servers, home, domain)))
        files.append(file)
    return files


def assets(browser: Browser, servers: Servers, home: Home, domain: str) -> bytes:
    """The graph of a domain's assets: what is materialized, and what is made of what."""
    with _sharp(browser, 1320, 920) as page:
        dagster = Dagster(page, servers, domain)
        dagster.open_graph()
        page.get_by_role("button", name="Hide navigation").click()
        page.reload()  # the graph is laid out for the room that it has when it is opened
        for stage in STAGES:
            expect(page.get_by_text(stage, exact=True).first).to_be_visible(timeout=SHOWN_MS)
        return _still(page)


def benchmark_asset(browser: Browser, servers: Servers, home: Home, domain: str) -> bytes:
    """The page of a benchmark: its figures, its tables, what it is part of."""
    with _sharp(browser, 1400, 1700) as page:
        dagster = Dagster(page, servers, domain)
        dagster.open_asset("benchmark")
        page.get_by_role("button", name="Hide navigation").click()
        arms = dagster.metadata("arms")
        expect(arms).to_be_visible(timeout=SHOWN_MS)
        return _still(page, arms)


def report(browser: Browser, servers: Servers, home: Home, domain: str) -> bytes:
    """The upper part of a benchmark's report."""
    with _sharp(browser, WIDTH, 1250) as page:
        page.goto((home.benchmarks(domain) / "current" / REPORT).resolve().as_uri())
        return _still(page)


def registry(browser: Browser, servers: Servers, home: Home, domain: str) -> bytes:
    """The registered model: its versions and who is champion."""
    with _sharp(browser, 1250, 1400) as page:
        Mlflow(page, servers, domain).open_model()
        page.get_by_role("button", name="Toggle sidebar").click()
        page.get_by_role("button", name="Tags").first.click()
        return _still(page, page.get_by_role("row").last)


def comparison(browser: Browser, servers: Servers, home: Home, domain: str) -> bytes:
    """MLflow's comparison of the two newest versions: what was set differently, and what came of it."""
    with _sharp(browser, 1250, 1400) as page:
        Mlflow(page, servers, domain).compare_newest_runs()
        page.get_by_role("button", name="Toggle sidebar").click()
        page.get_by_role("button", name="Visualizations").click()
        for section in ("Parameters", "Metrics"):
            page.get_by_role("switch", name=f"{section} - Show diff only").click()
        return _still(page, page.get_by_role("button", name="Artifacts"))


def status_board(browser: Browser, servers: Servers, home: Home, domain: str) -> bytes:
    """The page of the status board: where every domain stands, made anew for the picture."""
    with _sharp(browser, 1500, 1100) as page:
        dagster = Dagster(page, servers, OVERVIEW)
        dagster.materialize("status_board")
        dagster.watch_run()
        dagster.open_asset("status_board")
        page.get_by_role("button", name="Hide navigation").click()
        failures = dagster.metadata("failures")
        expect(failures).to_be_visible(timeout=SHOWN_MS)
        return _still(page, failures)


PICTURES: Mapping[str, Callable[[Browser, Servers, Home, str], bytes]] = {
    "assets": assets,
    "benchmark-asset": benchmark_asset,
    "report": report,
    "registry": registry,
    "comparison": comparison,
    "status-board": status_board,
}


def reduced(picture: bytes) -> bytes:
    """The picture at the README's width, with few colours."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    if image.width > WIDTH:
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    small = io.BytesIO()
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def _sharp(browser: Browser, width: int, height: int) -> AbstractContextManager[Page]:
    """A window with more pixels than the picture will have."""
    return window(browser, width, height, device_scale_factor=2)


def _still(page: Page, last: Locator | None = None) -> bytes:
    """A picture of the page once nothing moves any more, down to the lower edge of `last` where that is given."""
    size, box = page.viewport_size, last.bounding_box() if last else None
    if size and box:
        page.set_viewport_size(
            {"width": size["width"], "height": min(size["height"], int(box["y"] + box["height"]) + 1)}
        )
    page.mouse.move(0, 0)
    before = b""
    for _ in range(STILL_TRIES):
        now = page.screenshot(animations="disabled", caret="hide")
        if now == before:
            break
        before = now
        page.wait_for_timeout(STILL_MS)
    return before


def main() -> None:
    """Serve a state root and take its pictures."""
    parser = argparse.ArgumentParser(description="The pictures that the README shows")
    parser.add_argument("--home", type=Path, default=Path(os.environ.get(HOME_VARIABLE, ".")))
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--only", action="append", choices=list(PICTURES), default=[])
    given = parser.parse_args()
    root = given.home.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end with us
    with tempfile.TemporaryDirectory() as folder, served(root, Path(folder) / "log") as servers, launched() as browser:
        for file in take_pictures(browser, servers, Home(root), given.out, only=given.only):
            print(f"{file}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
