"""Small histories that land, are ingested and (so it seems) are trained on, for tests of what follows from that."""

import os
import time
from pathlib import Path

from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import point, pointed, publish_folder

DOMAIN = "test_history"
TESTS = 20
HEADER = "Build_ID,TP_Key,TC_Key,TE_Summary,TC_Steps,commit,TE_Test_Result,Build_Test_Start_Date"


def history(first: int, builds: int, tests: int = TESTS) -> str:
    """A CSV file of some builds, each with a run of every test."""
    rows = [
        f"B{build:04},shop,T{test},test {test},steps,change {build},{'Fail' if build % 5 == test % 5 else 'Pass'},"
        f"2024-01-01T{build // 60 % 24:02}:{build % 60:02}:00Z"
        for build in range(first, first + builds)
        for test in range(tests)
    ]
    return "\n".join([HEADER, *rows, ""])


def drop(home: Home, name: str, text: str, *, finished: bool = True) -> Path:
    """Put a file into the landing folder; one that is not finished looks touched just now for a minute to come."""
    landing = home.landing(DOMAIN)
    landing.mkdir(parents=True, exist_ok=True)
    file = landing / name
    file.write_text(text)
    touched = 1_700_000_000 if finished else time.time() + 60
    os.utime(file, (touched, touched))
    return file


def ingest(home: Home) -> str:
    """Do what the ingest job does; returns the name of the history's folder."""
    return stages.ingest(find_domain(DOMAIN), home).path.name


def train(home: Home) -> None:
    """Publish what looks like a model of the newest history."""
    raw = pointed(home.raw(DOMAIN) / "current")
    assert raw is not None
    models = home.models(DOMAIN)
    publish_folder(models / raw.name, lambda _: {"kind": "embedding_model", "raw": raw.name})
    point(models / "current", raw.name)
