"""A Chromium for the browser test: one that is there, else Debian's package, else Playwright's own download.

The test installs its browser itself, so that `make test-slow` needs nothing but the project. Debian's package comes
first where it can: it brings its libraries and fonts along, and Playwright's download may be out of reach.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VARIABLE = "DOMAIN_FT_BROWSER"
"""`required` makes the browser test fail where it would be skipped for want of a browser."""
SHOWN_MS = 30_000
"""How long a page may take to show what it is opened for."""
PACKAGE_S, DOWNLOAD_S, VERSION_S = 300, 120, 30
CONNECT_MS = 5000


class NoBrowserError(RuntimeError):
    """There is no browser and none could be had; says what was tried."""


def find_chromium() -> Path:
    """A Chromium that starts; installs one where there is none."""
    tried: list[str] = []
    for attempt in (_on_path, _playwrights_own, _from_debian, _from_playwright):
        found = attempt(tried)
        if found is not None:
            return found
    raise NoBrowserError(f"no Chromium to look with; {'; '.join(tried)}")


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless Chromium."""
    executable = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, width: int = 1250, height: int = 900, **more: Any) -> Iterator[Page]:
    """A window of a person who comes for the first time; `more` are Playwright's options of a context."""
    context = browser.new_context(viewport={"width": width, "height": height}, **more)
    context.set_default_timeout(SHOWN_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


def is_root_on_debian() -> bool:
    """Whether Debian's package can be installed. (Ubuntu's of the same name only hands on to snap.)"""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian" and os.geteuid() == 0
    except OSError:
        return False


def _on_path(tried: list[str]) -> Path | None:
    for name in NAMES:
        found = shutil.which(name)
        if found and _starts(Path(found)):
            return Path(found)
        if found:
            tried.append(f"{found} does not start")
    tried.append(f"on PATH: none of {', '.join(NAMES)} that starts")
    return None


def _playwrights_own(tried: list[str]) -> Path | None:
    with sync_playwright() as playwright:
        found = Path(playwright.chromium.executable_path)
    return found if _starts(found) else None


def _from_debian(tried: list[str]) -> Path | None:
    if not is_root_on_debian() or not shutil.which("apt-get"):
        tried.append("apt-get: only as root on Debian")
        return None
    quiet = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::http::Timeout=15"]
    for command in ([*quiet, "update"], [*quiet, "install", "-y", "--no-install-recommends", "chromium"]):
        if not _ran(command, PACKAGE_S, tried, {"DEBIAN_FRONTEND": "noninteractive"}):
            return None
    return _on_path(tried)


def _from_playwright(tried: list[str]) -> Path | None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if not _ran(command, DOWNLOAD_S, tried, {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": str(CONNECT_MS)}):
        return None
    found = _playwrights_own(tried)
    if found is None:
        tried.append("Playwright's download does not start (libraries of the system may be missing)")
    return found


def _starts(executable: Path) -> bool:
    return executable.exists() and _ran([str(executable), "--version"], VERSION_S, [])


def _ran(command: Sequence[str], seconds: float, tried: list[str], more: dict[str, str] | None = None) -> bool:
    """Whether a command ended well in time; why it did not is noted."""
    shown = " ".join(Path(word).name if number == 0 else word for number, word in enumerate(command))
    try:
        done = subprocess.run(
            command, env={**os.environ, **(more or {})}, timeout=seconds, capture_output=True, text=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        tried.append(f"{shown}: {error}")
        return False
    if done.returncode:
        tried.append(f"{shown}: exit code {done.returncode}, {_reason(done.stderr or done.stdout)}")
    return done.returncode == 0


def _reason(text: str) -> str:
    """The first line that speaks of an error, else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no words"]
    return next((line for line in lines if "error" in line.lower()), lines[-1])[:200]
