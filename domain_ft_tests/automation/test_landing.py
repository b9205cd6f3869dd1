"""When a landing folder asks for an ingest."""

import os
from pathlib import Path

import pytest

from domain_ft.automation.asked import Ask, AskedIngest, Run, RunStatus, Skip
from domain_ft.automation.landing import ask_for_ingest, decide_ingest, signatures
from domain_ft.landing.folder import LandingLook, look
from domain_ft.store.home import Home

NOW = 1_000_000.0
A, B, B_AGAIN = (".", 10, 1), (".", 20, 2), (".", 20, 3)


def seen(*growing: str, **files: tuple[str, int, int]) -> LandingLook:
    return LandingLook({name: (state,) for name, state in files.items()}, growing)


def asked(ago: float = 0.0, run_id: str | None = None, **files: tuple[str, int, int]) -> AskedIngest:
    return AskedIngest(by="d_landing", at=NOW - ago, run_id=run_id, key="k", files=signatures(seen(**files).finished))


def run(status: RunStatus) -> Run:
    return Run("0123456789", status, "d_ingest")


@pytest.mark.parametrize(
    ("look_", "asked_", "run_", "reason"),
    [
        (seen(a=A), None, None, "1 of 1 file new"),
        (seen("c", a=A, b=B), None, None, "2 of 2 files new; 1 file still being written"),
        (seen(a=A, b=B), asked(a=A), run("succeeded"), "1 of 2 files new"),
        (seen(a=A, b=B_AGAIN), asked(a=A, b=B), run("succeeded"), "1 of 2 files new"),
        (seen(a=A, b=B), asked(a=A), run("failed"), "1 of 2 files new"),
        (seen(a=A), asked(a=A, b=B), run("failed"), "0 of 1 file new"),
        (seen(a=A), asked(a=A, b=B), run("canceled"), "0 of 1 file new"),
        (seen(a=A), asked(ago=301, a=A), None, "0 of 1 file new"),
    ],
)
def test_it_asks(look_: LandingLook, asked_: AskedIngest | None, run_: Run | None, reason: str) -> None:
    decision = decide_ingest(look_, asked_, run_, NOW)
    assert isinstance(decision, Ask)
    assert decision.reason == reason


@pytest.mark.parametrize(
    ("look_", "asked_", "run_", "reason"),
    [
        (seen(), None, None, "nothing finished in the landing folder"),
        (seen("a"), None, None, "nothing finished in the landing folder; 1 file still being written"),
        (seen(a=A), asked(a=A), run("succeeded"), "0 of 1 file new; all read by the last ingest"),
        (seen(a=A), asked(a=A, b=B), run("succeeded"), "0 of 1 file new; all read by the last ingest"),
        (seen(a=A), asked(ago=900, run_id="x", a=A), None, "0 of 1 file new; all read by the last ingest"),
        (seen(a=A), asked(a=A), run("under way"), "0 of 1 file new; wait for run 01234567 of d_ingest"),
        (seen(a=A, b=B), asked(a=A), run("under way"), "1 of 2 files new; wait for run 01234567 of d_ingest"),
        (seen(a=A), asked(ago=299, a=A), None, "0 of 1 file new; asked for 299 s ago, the run is about to start"),
        (
            seen(a=A),
            asked(a=A),
            run("failed"),
            "0 of 1 file new; run 01234567 of d_ingest failed; asked for again when a file changes, or start it by "
            "hand",
        ),
        (
            seen(a=A),
            asked(a=A),
            run("overdue"),
            "0 of 1 file new; run 01234567 of d_ingest did not end in time; asked for again when a file changes, or "
            "start it by hand",
        ),
    ],
)
def test_it_says_why_not(look_: LandingLook, asked_: AskedIngest | None, run_: Run | None, reason: str) -> None:
    decision = decide_ingest(look_, asked_, run_, NOW)
    assert isinstance(decision, Skip)
    assert decision.reason == reason


def test_names_that_are_no_utf_8_are_kept_apart(home: Home) -> None:
    landing = home.landing("d")
    landing.mkdir(parents=True)
    for name in (b"\xff.csv", b"\xfe.csv", "ä.csv".encode()):
        path = Path(os.fsdecode(os.fsencode(landing) + b"/" + name))
        path.write_text("x")
        os.utime(path, (0, 0))
    assert len(signatures(look(landing).finished)) == 3
    assert isinstance(ask_for_ingest(home, "d", by="d_landing", find_run=lambda key: None), Ask)
    assert isinstance(ask_for_ingest(home, "d", by="d_landing", find_run=lambda key: run("succeeded")), Skip)


def test_a_folder_of_reports_changes_with_each_report_in_it(home: Home) -> None:
    folder = home.landing("d") / "reports"
    folder.mkdir(parents=True)
    found = []
    for name in ("a.xml", "b.xml"):
        (folder / name).write_text("<x/>")
        os.utime(folder / name, (0, 0))
        found.append(signatures(look(folder.parent).finished)["reports"])
    assert found[0] != found[1]
