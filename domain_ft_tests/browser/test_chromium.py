"""Where the browser test gets its browser from, tried with stand-ins on a PATH of the test's own."""

import os
import stat
from pathlib import Path

import pytest

from domain_ft.ui import LOOPBACK
from domain_ft_tests.browser.chromium import NoBrowserError, find_chromium, is_root_on_debian
from domain_ft_tests.browser.servers import free_ports


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty; Playwright finds no download of its own, and none to be had."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "downloads"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", f"http://{LOOPBACK}:{free_ports(1)[0]}")
    return folder


def program(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_a_browser_on_the_path_is_taken(path: Path) -> None:
    chrome = program(path / "google-chrome", "exit 0")
    assert find_chromium() == chrome


def test_a_browser_that_does_not_start_is_passed_over(path: Path) -> None:
    program(path / "chromium-browser", "echo install me from elsewhere >&2", "exit 1")
    chrome = program(path / "google-chrome", "exit 0")
    assert find_chromium() == chrome


@pytest.mark.skipif(not is_root_on_debian(), reason="only root may install Debian's package")
def test_debians_package_is_installed_where_there_is_none(path: Path) -> None:
    made = f"printf '#!/bin/sh\\n' > {path}/chromium && /bin/chmod +x {path}/chromium"
    program(path / "apt-get", f'case "$*" in *"install -y --no-install-recommends chromium") {made};; esac')
    assert find_chromium() == path / "chromium"


def test_where_none_can_be_had_each_attempt_is_named_with_its_failure(path: Path) -> None:
    program(path / "apt-get", "echo E: no such package >&2", "exit 100")
    with pytest.raises(NoBrowserError) as error:
        find_chromium()
    said = str(error.value)
    assert "on PATH: none of chromium, " in said
    assert "E: no such package" in said or "only as root on Debian" in said
    assert "playwright install chromium: exit code 1, Error: " in said
    assert os.linesep not in said
